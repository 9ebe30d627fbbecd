-- Each provision in one month: what it asks of each member, what was put aside, and how far it is.
--
-- `put_aside_cents` is what the month's lines that feed the provision moved into it.
--
-- @param month month = now -- the budget month; the current one if not given
-- @param include_inactive bool = false -- also the provisions that rest

-- @name provisions
-- @column percentage decimal nullable
-- @column progress decimal nullable
SELECT id, name, description, base_calculation, from_minor(percentage_bp, 2) AS percentage, fixed_cents, split_mode,
       is_active, base_cents, monthly_cents, member1_cents, member2_cents,
       coalesce((SELECT -sum(t.amount_cents) FROM transactions AS t
                 WHERE t.provision_id = p.id AND t.month = :month), 0) AS put_aside_cents,
       current_cents, target_cents,
       CASE WHEN target_cents > current_cents THEN target_cents - current_cents ELSE 0 END AS remaining_cents,
       from_minor((20000 * current_cents + target_cents) / (2 * target_cents), 2) AS progress,
       CASE WHEN target_cents > current_cents AND monthly_cents > 0
            THEN (target_cents - current_cents + monthly_cents - 1) / monthly_cents
            WHEN target_cents <= current_cents THEN 0 END AS months_to_target
FROM provision_plans AS p
WHERE (is_active OR :include_inactive)
  AND config_version = (SELECT version FROM config_versions WHERE valid_from <= :month
                        ORDER BY valid_from DESC, version DESC LIMIT 1)
ORDER BY display_order, id;

-- @name totals
-- @shape object
-- @column month month
SELECT :month AS month, count(*) AS provision_count,
       coalesce(sum(monthly_cents), 0) AS monthly_cents, coalesce(sum(member1_cents), 0) AS member1_cents,
       coalesce(sum(member2_cents), 0) AS member2_cents, coalesce(sum(current_cents), 0) AS current_cents,
       coalesce(sum(target_cents), 0) AS target_cents,
       (SELECT coalesce(-sum(t.amount_cents), 0) FROM transactions AS t
        WHERE t.provision_id IS NOT NULL AND t.month = :month
          AND t.provision_id IN (SELECT c.id FROM custom_provisions AS c WHERE c.is_active OR :include_inactive))
         AS put_aside_cents
FROM provision_plans
WHERE (is_active OR :include_inactive)
  AND config_version = (SELECT version FROM config_versions WHERE valid_from <= :month
                        ORDER BY valid_from DESC, version DESC LIMIT 1)
