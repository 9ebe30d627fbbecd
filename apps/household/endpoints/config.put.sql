-- Set the members' configuration: a new version, valid from a month on.
--
-- Earlier versions stay as they are; months before `valid_from` keep theirs. `split1` and `split2` count only in mode
-- `manuel` and add up to 100.
--
-- @param valid_from month -- the first month that it counts for; the current one if not given
-- @param member1 text min_length=1 max_length=60 = Member1 -- name of member 1
-- @param member2 text min_length=1 max_length=60 = Member2 -- name of member 2
-- @param rev1_cents int required min=0 max=1000000000 -- monthly revenue of member 1, before tax
-- @param rev2_cents int required min=0 max=1000000000 -- monthly revenue of member 2, before tax
-- @param tax_rate1 decimal(2) min=0 max=100 = 0 -- percent taken off revenue 1
-- @param tax_rate2 decimal(2) min=0 max=100 = 0 -- percent taken off revenue 2
-- @param split_mode enum(revenus,manuel) = revenus -- key by net revenues, or by hand
-- @param split1 decimal(2) min=0 max=100 = 50 -- percent that member 1 carries in mode `manuel`
-- @param split2 decimal(2) min=0 max=100 = 50 -- percent that member 2 carries in mode `manuel`
-- @param note text max_length=500 -- why it changed
-- @shape object
INSERT INTO config_versions (valid_from, member1, member2, rev1_cents, rev2_cents, tax_rate1_bp, tax_rate2_bp,
                             split_mode, split1_bp, split2_bp, note)
VALUES (coalesce(:valid_from, month_of(now())), :member1, :member2, :rev1_cents, :rev2_cents, to_minor(:tax_rate1, 2),
        to_minor(:tax_rate2, 2), :split_mode, to_minor(:split1, 2), to_minor(:split2, 2), :note);

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
WHERE version = (SELECT max(version) FROM config_versions)
