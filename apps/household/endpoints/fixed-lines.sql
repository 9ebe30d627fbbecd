-- The fixed lines with what they come to a month and who carries it.
--
-- A quarterly or yearly amount counts with its third or twelfth, rounded half up; member 2 carries what member 1 does
-- not.
--
-- @param month month = now -- whose configuration counts; the current month if not given
-- @param active bool -- only those that are active (or that rest); both if not given
-- @shape page size=100 max=500
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
SELECT id, label, category, amount_cents, frequency, day_of_month, split_mode,
       from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2,
       monthly_cents, member1_cents, member2_cents, is_active, display_order, created_at, updated_at
FROM fixed_line_plans
WHERE (:active IS NULL OR is_active = :active)
  AND config_version = (SELECT version FROM config_versions WHERE valid_from <= :month
                        ORDER BY valid_from DESC, version DESC LIMIT 1)
ORDER BY display_order, id
