-- What each member puts aside this month, provision by provision.
--
-- Net revenue is revenue less tax, rounded half up to the cent. The key is member 1's part of the net revenues
-- (`revenus`), or the percentage that was set by hand (`manuel`). Each active provision asks for a percentage of its
-- base (both net revenues, or one member's) or for a fixed amount, and is carried by the key, half and half, in its own
-- parts (`custom`) or by one member alone. Member 1's share is rounded half up; member 2 carries the rest, so that the
-- shares always add up to the amount. `ratio1` and `ratio2` show the key in percent; the shares use the exact one.
--
-- @param month month = now -- whose configuration counts; the current month if not given

-- @name config
-- @shape object
-- @column month month
-- @column valid_from month
-- @column tax_rate1 decimal
-- @column tax_rate2 decimal
-- @column ratio1 decimal
-- @column ratio2 decimal
SELECT :month AS month, version, valid_from, member1, member2, rev1_cents, rev2_cents,
       from_minor(tax_rate1_bp, 2) AS tax_rate1, from_minor(tax_rate2_bp, 2) AS tax_rate2,
       net1_cents, net2_cents, net_cents, split_mode,
       from_minor((20000 * key1 + key_of) / (2 * key_of), 2) AS ratio1,
       from_minor(10000 - (20000 * key1 + key_of) / (2 * key_of), 2) AS ratio2
FROM config_keys
WHERE version = (SELECT version FROM config_versions WHERE valid_from <= :month
                 ORDER BY valid_from DESC, version DESC LIMIT 1);

-- @name provisions
-- @column percentage decimal nullable
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
-- @column progress decimal nullable
SELECT id, name, base_calculation, from_minor(percentage_bp, 2) AS percentage, fixed_cents, base_cents, split_mode,
       from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2,
       monthly_cents, member1_cents, member2_cents, current_cents, target_cents,
       CASE WHEN target_cents > current_cents THEN target_cents - current_cents ELSE 0 END AS remaining_cents,
       from_minor((20000 * current_cents + target_cents) / (2 * target_cents), 2) AS progress,
       CASE WHEN target_cents > current_cents AND monthly_cents > 0
            THEN (target_cents - current_cents + monthly_cents - 1) / monthly_cents
            WHEN target_cents <= current_cents THEN 0 END AS months_to_target
FROM provision_plans
WHERE is_active AND config_version = :config.version
ORDER BY display_order, id;

-- @name totals
-- @shape object
SELECT count(*) AS provision_count, coalesce(sum(monthly_cents), 0) AS monthly_cents,
       coalesce(sum(member1_cents), 0) AS member1_cents, coalesce(sum(member2_cents), 0) AS member2_cents,
       coalesce(sum(current_cents), 0) AS current_cents, coalesce(sum(target_cents), 0) AS target_cents,
       :config.net1_cents - coalesce(sum(member1_cents), 0) AS left1_cents,
       :config.net2_cents - coalesce(sum(member2_cents), 0) AS left2_cents
FROM provision_plans
WHERE is_active AND config_version = :config.version
