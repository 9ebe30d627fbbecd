-- A budget of two people: what comes in, what goes out, what is put aside.
--
-- Money is integer cents (*_cents), percentages are integer hundredths of a percent (*_bp: 2500 = 25%).
-- A transaction is negative when money leaves and positive when it arrives. Plans (revenues, provisions, fixed
-- lines, targets) are never negative.
--
-- No amount may exceed 10,000,000.00: so that every product below stays within 64-bit integers, and nothing ever
-- becomes a floating-point number.

-- Members' configuration. A row is never changed: a new version is a new row, and the one that counts for a month is
-- the last (by valid_from, then version) that is valid by then.
CREATE TABLE config_versions (
  version       INTEGER PRIMARY KEY,
  valid_from    TEXT NOT NULL,
  member1       TEXT NOT NULL DEFAULT 'Member 1' CONSTRAINT member1_has_a_name CHECK (length(member1) BETWEEN 1 AND 60),
  member2       TEXT NOT NULL DEFAULT 'Member 2' CONSTRAINT member2_has_a_name CHECK (length(member2) BETWEEN 1 AND 60),
  rev1_cents    INTEGER NOT NULL CONSTRAINT rev1_in_range CHECK (rev1_cents BETWEEN 0 AND 1000000000),
  rev2_cents    INTEGER NOT NULL CONSTRAINT rev2_in_range CHECK (rev2_cents BETWEEN 0 AND 1000000000),
  tax_rate1_bp  INTEGER NOT NULL DEFAULT 0 CONSTRAINT tax_rate1_in_range CHECK (tax_rate1_bp BETWEEN 0 AND 10000),
  tax_rate2_bp  INTEGER NOT NULL DEFAULT 0 CONSTRAINT tax_rate2_in_range CHECK (tax_rate2_bp BETWEEN 0 AND 10000),
  split_mode    TEXT NOT NULL DEFAULT 'revenus' CONSTRAINT split_mode_known CHECK (split_mode IN ('revenus', 'manuel')),
  split1_bp     INTEGER NOT NULL DEFAULT 5000,
  split2_bp     INTEGER NOT NULL DEFAULT 5000,
  note          TEXT,
  created_at    TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT valid_from_is_a_month CHECK (valid_from || '-01' IS date(valid_from || '-01')),
  CONSTRAINT splits_add_up_to_100 CHECK (split1_bp BETWEEN 0 AND 10000 AND split1_bp + split2_bp = 10000)
);
CREATE INDEX config_versions_by_month ON config_versions (valid_from, version);

-- So that every month has a configuration, whatever comes later.
INSERT INTO config_versions (version, valid_from, rev1_cents, rev2_cents, note)
VALUES (1, '1970-01', 0, 0, 'before anything was configured');

CREATE TABLE custom_provisions (
  id                INTEGER PRIMARY KEY,
  name              TEXT NOT NULL CONSTRAINT provision_name_is_free UNIQUE
                    CONSTRAINT provision_has_a_name CHECK (length(name) BETWEEN 1 AND 100),
  description       TEXT NOT NULL DEFAULT '',
  base_calculation  TEXT NOT NULL DEFAULT 'total'
                    CONSTRAINT base_calculation_known CHECK (base_calculation IN ('total', 'member1', 'member2', 'fixed')),
  percentage_bp     INTEGER CONSTRAINT percentage_in_range CHECK (percentage_bp BETWEEN 0 AND 10000),
  fixed_cents       INTEGER CONSTRAINT fixed_amount_in_range CHECK (fixed_cents BETWEEN 0 AND 1000000000),
  split_mode        TEXT NOT NULL DEFAULT 'key'
                    CONSTRAINT split_mode_known CHECK (split_mode IN ('key', '50/50', 'custom', '100/0', '0/100')),
  split_member1_bp  INTEGER,
  split_member2_bp  INTEGER,
  target_cents      INTEGER CONSTRAINT target_in_range CHECK (target_cents BETWEEN 1 AND 1000000000),
  current_cents     INTEGER NOT NULL DEFAULT 0
                    CONSTRAINT current_amount_in_range CHECK (current_cents BETWEEN 0 AND 1000000000),
  is_active         BOOLEAN NOT NULL DEFAULT TRUE CHECK (is_active IN (0, 1)),
  display_order     INTEGER NOT NULL DEFAULT 100,
  created_at        TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at        TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT fixed_base_needs_an_amount_and_other_bases_a_percentage
    CHECK (CASE WHEN base_calculation = 'fixed' THEN fixed_cents IS NOT NULL ELSE percentage_bp IS NOT NULL END),
  CONSTRAINT custom_split_needs_two_parts_that_add_up_to_100
    CHECK (split_mode <> 'custom' OR (split_member1_bp IS NOT NULL AND split_member2_bp IS NOT NULL)),
  CONSTRAINT parts_add_up_to_100
    CHECK (split_member1_bp BETWEEN 0 AND 10000 AND split_member1_bp + split_member2_bp = 10000)
);
CREATE INDEX custom_provisions_in_order ON custom_provisions (display_order, id);

-- What the household pays at a fixed rhythm, as a plan; what was really paid is in transactions.
CREATE TABLE fixed_lines (
  id                INTEGER PRIMARY KEY,
  label             TEXT NOT NULL CONSTRAINT fixed_line_has_a_label CHECK (length(label) BETWEEN 1 AND 100),
  category          TEXT NOT NULL CONSTRAINT fixed_line_has_a_category CHECK (length(category) BETWEEN 1 AND 60),
  amount_cents      INTEGER NOT NULL CONSTRAINT amount_in_range CHECK (amount_cents BETWEEN 0 AND 1000000000),
  frequency         TEXT NOT NULL DEFAULT 'monthly'
                    CONSTRAINT frequency_known CHECK (frequency IN ('monthly', 'quarterly', 'yearly')),
  day_of_month      INTEGER NOT NULL DEFAULT 1 CONSTRAINT day_in_range CHECK (day_of_month BETWEEN 1 AND 31),
  split_mode        TEXT NOT NULL DEFAULT 'key'
                    CONSTRAINT split_mode_known CHECK (split_mode IN ('key', '50/50', 'custom', '100/0', '0/100')),
  split_member1_bp  INTEGER,
  split_member2_bp  INTEGER,
  is_active         BOOLEAN NOT NULL DEFAULT TRUE CHECK (is_active IN (0, 1)),
  display_order     INTEGER NOT NULL DEFAULT 100,
  created_at        TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at        TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT custom_split_needs_two_parts_that_add_up_to_100
    CHECK (split_mode <> 'custom' OR (split_member1_bp IS NOT NULL AND split_member2_bp IS NOT NULL)),
  CONSTRAINT parts_add_up_to_100
    CHECK (split_member1_bp BETWEEN 0 AND 10000 AND split_member1_bp + split_member2_bp = 10000)
);

-- month is the budget month that a transaction counts for: usually that of date_op, but a salary that arrives on the
-- 30th may pay for the month after. exclude keeps a line (a transfer between own accounts) out of every figure.
-- provision_id says which provision a PROVISION line feeds; import_id is the bank's reference: a line that was imported
-- is never imported twice.
CREATE TABLE transactions (
  id            INTEGER PRIMARY KEY,
  date_op       DATE NOT NULL CONSTRAINT date_is_real CHECK (date_op IS date(date_op)),
  month         TEXT NOT NULL CONSTRAINT month_is_real CHECK (month || '-01' IS date(month || '-01')),
  label         TEXT NOT NULL CONSTRAINT label_in_range CHECK (length(label) BETWEEN 1 AND 200),
  category      TEXT NOT NULL CONSTRAINT category_in_range CHECK (length(category) BETWEEN 1 AND 60),
  subcategory   TEXT NOT NULL DEFAULT 'Other' CONSTRAINT subcategory_in_range CHECK (length(subcategory) BETWEEN 1 AND 60),
  account       TEXT NOT NULL CONSTRAINT account_in_range CHECK (length(account) BETWEEN 1 AND 60),
  amount_cents  INTEGER NOT NULL
                CONSTRAINT amount_in_range CHECK (typeof(amount_cents) = 'integer' AND amount_cents BETWEEN -1000000000 AND 1000000000),
  expense_type  TEXT NOT NULL DEFAULT 'VARIABLE'
                CONSTRAINT expense_type_known CHECK (expense_type IN ('VARIABLE', 'FIXED', 'PROVISION')),
  exclude       BOOLEAN NOT NULL DEFAULT FALSE CHECK (exclude IN (0, 1)),
  tags          JSON NOT NULL DEFAULT '[]'
                CONSTRAINT tags_are_a_list CHECK (json_valid(tags) AND json_type(tags) = 'array'),
  provision_id  INTEGER REFERENCES custom_provisions (id) ON DELETE SET NULL,
  import_id     TEXT CONSTRAINT import_id_in_range CHECK (length(import_id) BETWEEN 1 AND 100),
  created_at    TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at    TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

-- Every figure of a month, of a range of months, of a category: one range of this index, already in the order of
-- its groups, and never the table.
CREATE INDEX transactions_figures ON transactions (exclude, month, expense_type, category, subcategory, amount_cents);
-- The lines of a category in a month, newest first, with what they are filtered by.
CREATE INDEX transactions_lines ON transactions (month, category, date_op, exclude, expense_type, subcategory);
-- Lists and exports by date.
CREATE INDEX transactions_dates ON transactions (date_op);
CREATE INDEX transactions_provisions ON transactions (provision_id, month, amount_cents) WHERE provision_id IS NOT NULL;
CREATE UNIQUE INDEX transactions_imports ON transactions (import_id) WHERE import_id IS NOT NULL;

-- Each configuration with its net revenues and its key: member 1 carries key1 parts of key_of. By revenues the key is
-- net1 of net1 + net2, exact (half each if there are none); by hand it is the given percentage.
CREATE VIEW config_keys AS
SELECT version, valid_from, member1, member2, rev1_cents, rev2_cents, tax_rate1_bp, tax_rate2_bp, split_mode,
       split1_bp, split2_bp, note, created_at, net1_cents, net2_cents, net1_cents + net2_cents AS net_cents,
       CASE WHEN split_mode = 'manuel' THEN split1_bp
            WHEN net1_cents + net2_cents = 0 THEN 1 ELSE net1_cents END AS key1,
       CASE WHEN split_mode = 'manuel' THEN 10000
            WHEN net1_cents + net2_cents = 0 THEN 2 ELSE net1_cents + net2_cents END AS key_of
FROM (SELECT *, (rev1_cents * (10000 - tax_rate1_bp) + 5000) / 10000 AS net1_cents,
                (rev2_cents * (10000 - tax_rate2_bp) + 5000) / 10000 AS net2_cents
      FROM config_versions);

-- What each provision asks of each member a month, under each configuration. Half a cent is rounded up for member 1;
-- member 2 carries the rest, so that the two always add up.
CREATE VIEW provision_plans AS
SELECT id, name, description, base_calculation, percentage_bp, fixed_cents, split_mode, split_member1_bp,
       split_member2_bp, target_cents, current_cents, is_active, display_order, created_at, updated_at, config_version,
       base_cents, monthly_cents,
       (2 * monthly_cents * part1 + part_of) / (2 * part_of) AS member1_cents,
       monthly_cents - (2 * monthly_cents * part1 + part_of) / (2 * part_of) AS member2_cents
FROM (
  SELECT *, CASE WHEN base_calculation = 'fixed' THEN fixed_cents
                 ELSE (base_cents * percentage_bp + 5000) / 10000 END AS monthly_cents
  FROM (
    SELECT p.*, k.version AS config_version,
           CASE p.base_calculation WHEN 'total' THEN k.net_cents WHEN 'member1' THEN k.net1_cents
                                   WHEN 'member2' THEN k.net2_cents END AS base_cents,
           CASE p.split_mode WHEN 'key' THEN k.key1 WHEN 'custom' THEN p.split_member1_bp
                             WHEN '50/50' THEN 1 WHEN '100/0' THEN 1 ELSE 0 END AS part1,
           CASE p.split_mode WHEN 'key' THEN k.key_of WHEN 'custom' THEN 10000 WHEN '50/50' THEN 2 ELSE 1 END AS part_of
    FROM config_keys AS k CROSS JOIN custom_provisions AS p));

-- The same for the fixed lines: a quarterly or yearly amount counts with its third or twelfth, rounded half up.
CREATE VIEW fixed_line_plans AS
SELECT id, label, category, amount_cents, frequency, day_of_month, split_mode, split_member1_bp, split_member2_bp,
       is_active, display_order, created_at, updated_at, config_version, monthly_cents,
       (2 * monthly_cents * part1 + part_of) / (2 * part_of) AS member1_cents,
       monthly_cents - (2 * monthly_cents * part1 + part_of) / (2 * part_of) AS member2_cents
FROM (
  SELECT f.*, k.version AS config_version,
         CASE f.frequency WHEN 'monthly' THEN f.amount_cents WHEN 'quarterly' THEN (2 * f.amount_cents + 3) / 6
                          ELSE (2 * f.amount_cents + 12) / 24 END AS monthly_cents,
         CASE f.split_mode WHEN 'key' THEN k.key1 WHEN 'custom' THEN f.split_member1_bp
                           WHEN '50/50' THEN 1 WHEN '100/0' THEN 1 ELSE 0 END AS part1,
         CASE f.split_mode WHEN 'key' THEN k.key_of WHEN 'custom' THEN 10000 WHEN '50/50' THEN 2 ELSE 1 END AS part_of
  FROM config_keys AS k CROSS JOIN fixed_lines AS f);

-- @down
DROP VIEW fixed_line_plans;
DROP VIEW provision_plans;
DROP VIEW config_keys;
DROP TABLE transactions;
DROP TABLE fixed_lines;
DROP TABLE custom_provisions;
DROP TABLE config_versions;
