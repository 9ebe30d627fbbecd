-- The members' configuration that counts for a month, with net revenues and the key between the two.
--
-- @param month month = now -- the current one if not given
-- @shape object
-- @column valid_from month
-- @column tax_rate1 decimal
-- @column tax_rate2 decimal
-- @column split1 decimal
-- @column split2 decimal
-- @column ratio1 decimal
-- @column ratio2 decimal
SELECT version, valid_from, member1, member2, rev1_cents, rev2_cents, from_minor(tax_rate1_bp, 2) AS tax_rate1,
       from_minor(tax_rate2_bp, 2) AS tax_rate2, split_mode, from_minor(split1_bp, 2) AS split1,
       from_minor(split2_bp, 2) AS split2, net1_cents, net2_cents, net_cents,
       from_minor((20000 * key1 + key_of) / (2 * key_of), 2) AS ratio1,
       from_minor(10000 - (20000 * key1 + key_of) / (2 * key_of), 2) AS ratio2, note, created_at
FROM config_keys
WHERE version = (SELECT version FROM config_versions WHERE valid_from <= :month
                 ORDER BY valid_from DESC, version DESC LIMIT 1)
