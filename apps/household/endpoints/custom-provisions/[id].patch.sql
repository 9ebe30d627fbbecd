-- Change some fields of a provision; what is not sent stays, and null empties what may be empty.
--
-- @param id int min=1
-- @param name text min_length=1 max_length=100 -- unique
-- @param description text max_length=500 -- what it is for
-- @param base_calculation enum(total,member1,member2,fixed) -- of which net revenue, or a fixed amount
-- @param percentage decimal(2) min=0 max=100 -- percent of the base
-- @param fixed_cents int min=0 max=1000000000 -- monthly amount when the base is `fixed`
-- @param split_mode enum(key,50/50,custom,100/0,0/100) -- who carries it
-- @param split_member1 decimal(2) min=0 max=100 -- percent of member 1 in split `custom`
-- @param split_member2 decimal(2) min=0 max=100 -- percent of member 2 in split `custom`
-- @param target_cents int min=1 max=1000000000 -- what it grows towards
-- @param current_cents int min=0 max=1000000000 -- what is there
-- @param is_active bool -- false: rests, asks for nothing
-- @param display_order int min=0 max=1000000 -- position in lists
-- @shape object
-- @column percentage decimal nullable
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
UPDATE custom_provisions
SET name = coalesce(:name, name), description = CASE WHEN :description.given THEN coalesce(:description, '') ELSE description END,
    base_calculation = coalesce(:base_calculation, base_calculation),
    percentage_bp = CASE WHEN :percentage.given THEN to_minor(:percentage, 2) ELSE percentage_bp END,
    fixed_cents = CASE WHEN :fixed_cents.given THEN :fixed_cents ELSE fixed_cents END,
    split_mode = coalesce(:split_mode, split_mode),
    split_member1_bp = CASE WHEN :split_member1.given THEN to_minor(:split_member1, 2) ELSE split_member1_bp END,
    split_member2_bp = CASE WHEN :split_member2.given THEN to_minor(:split_member2, 2) ELSE split_member2_bp END,
    target_cents = CASE WHEN :target_cents.given THEN :target_cents ELSE target_cents END,
    current_cents = coalesce(:current_cents, current_cents), is_active = coalesce(:is_active, is_active),
    display_order = coalesce(:display_order, display_order), updated_at = now()
WHERE id = :id
RETURNING id, name, description, base_calculation, from_minor(percentage_bp, 2) AS percentage, fixed_cents, split_mode,
          from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2,
          target_cents, current_cents, is_active, display_order, created_at, updated_at
