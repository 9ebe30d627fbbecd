-- What the active provisions come to a month, by base and by who carries them, and how far they are.
--
-- @param month month = now -- whose configuration counts; the current month if not given

-- @name totals
-- @shape object
-- @column month month
-- @column progress decimal nullable
SELECT :month AS month, count(*) AS provision_count,
       (SELECT count(*) FROM custom_provisions WHERE NOT is_active) AS inactive_count,
       coalesce(sum(monthly_cents), 0) AS monthly_cents, coalesce(sum(member1_cents), 0) AS member1_cents,
       coalesce(sum(member2_cents), 0) AS member2_cents, coalesce(sum(current_cents), 0) AS current_cents,
       coalesce(sum(target_cents), 0) AS target_cents,
       count(CASE WHEN current_cents >= target_cents THEN 1 END) AS complete_count,
       CASE WHEN sum(target_cents) > 0
            THEN from_minor(CAST(20000 * sum(CASE WHEN target_cents IS NOT NULL THEN current_cents END) + sum(target_cents)
                                 AS bigint) / CAST(2 * sum(target_cents) AS bigint), 2) END AS progress
FROM provision_plans
WHERE is_active
  AND config_version = (SELECT version FROM config_versions WHERE valid_from <= :month
                        ORDER BY valid_from DESC, version DESC LIMIT 1);

-- @name by_base
SELECT base_calculation, count(*) AS provision_count, sum(monthly_cents) AS monthly_cents,
       sum(member1_cents) AS member1_cents, sum(member2_cents) AS member2_cents
FROM provision_plans
WHERE is_active
  AND config_version = (SELECT version FROM config_versions WHERE valid_from <= :month
                        ORDER BY valid_from DESC, version DESC LIMIT 1)
GROUP BY base_calculation
ORDER BY base_calculation;

-- @name by_split
SELECT split_mode, count(*) AS provision_count, sum(monthly_cents) AS monthly_cents,
       sum(member1_cents) AS member1_cents, sum(member2_cents) AS member2_cents
FROM provision_plans
WHERE is_active
  AND config_version = (SELECT version FROM config_versions WHERE valid_from <= :month
                        ORDER BY valid_from DESC, version DESC LIMIT 1)
GROUP BY split_mode
ORDER BY split_mode
