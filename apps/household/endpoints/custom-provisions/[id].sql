-- One provision as it is set up.
--
-- @param id int min=1
-- @shape object
-- @column percentage decimal nullable
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
SELECT id, name, description, base_calculation, from_minor(percentage_bp, 2) AS percentage, fixed_cents, split_mode,
       from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2, target_cents,
       current_cents, is_active, display_order, created_at, updated_at
FROM custom_provisions
WHERE id = :id
