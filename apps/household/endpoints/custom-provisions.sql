-- The provisions as they are set up, in display order.
--
-- What they come to a month is at /custom-provisions/summary and /provisions/calculate.
--
-- @param active bool -- only those that are active (or that rest); both if not given
-- @shape page size=100 max=500
-- @column percentage decimal nullable
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
SELECT id, name, description, base_calculation, from_minor(percentage_bp, 2) AS percentage, fixed_cents, split_mode,
       from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2, target_cents,
       current_cents, is_active, display_order, created_at, updated_at
FROM custom_provisions
WHERE :active IS NULL OR is_active = :active
ORDER BY display_order, id
