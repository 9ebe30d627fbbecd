-- @into config_versions
-- @spare version = 1
-- Three years of two working people: a raise, a change to part time, and a key that was set by hand for a while.
SELECT 2 AS version, month_add(:until, -59) AS valid_from, 'Alex' AS member1, 'Camille' AS member2, 395000 AS rev1_cents,
       298000 AS rev2_cents, 1950 AS tax_rate1_bp, 1420 AS tax_rate2_bp, 'revenus' AS split_mode, 5000 AS split1_bp,
       5000 AS split2_bp, 'moved in together' AS note
UNION ALL
SELECT 3, month_add(:until, -34), 'Alex', 'Camille', 412500, 215000, 1985, 1180, 'manuel', 6250, 3750,
       'Camille works part time; the key is set by hand'
UNION ALL
SELECT 4, month_add(:until, -9), 'Alex', 'Camille', 432000, 321500, 2015, 1475, 'revenus', 5000, 5000,
       'both full time again'
