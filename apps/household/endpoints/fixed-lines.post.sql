-- Add a fixed line.
--
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
INSERT INTO fixed_lines (label, category, amount_cents, frequency, day_of_month, split_mode, split_member1_bp,
                         split_member2_bp, is_active, display_order, created_at, updated_at)
VALUES (:label, :category, :amount_cents, :frequency, :day_of_month, :split_mode, to_minor(:split_member1, 2),
        to_minor(:split_member2, 2), :is_active, :display_order, now(), now())
RETURNING id, label, category, amount_cents, frequency, day_of_month, split_mode,
          from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2, is_active,
          display_order, created_at, updated_at
