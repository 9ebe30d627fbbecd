-- Replace a fixed line: what is not given falls back to its default.
--
-- @param id int min=1
-- @param label text required min_length=1 max_length=100 -- what it is
-- @param category text required min_length=1 max_length=60 -- where it counts
-- @param amount_cents int required min=0 max=1000000000 -- what is due each time
-- @param frequency enum(monthly,quarterly,yearly) = monthly -- how often
-- @param day_of_month int min=1 max=31 = 1 -- when
-- @param split_mode enum(key,50/50,custom,100/0,0/100) = key -- who carries it
-- @param split_member1 decimal(2) min=0 max=100 -- percent of member 1 in split `custom`
-- @param split_member2 decimal(2) min=0 max=100 -- percent of member 2 in split `custom`
-- @param is_active bool = true -- false: rests
-- @param display_order int min=0 max=1000000 = 100 -- position in lists
-- @shape object
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
UPDATE fixed_lines
SET label = :label, category = :category, amount_cents = :amount_cents, frequency = :frequency,
    day_of_month = :day_of_month, split_mode = :split_mode, split_member1_bp = to_minor(:split_member1, 2),
    split_member2_bp = to_minor(:split_member2, 2), is_active = :is_active, display_order = :display_order,
    updated_at = now()
WHERE id = :id
RETURNING id, label, category, amount_cents, frequency, day_of_month, split_mode,
          from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2, is_active,
          display_order, created_at, updated_at
