-- Everything a dashboard needs for one month, in one answer and one snapshot.
--
-- The month itself, the configuration that counts, totals with the change against the month before, spending by expense
-- type and by category (each with the `url` that opens it), provisions with their progress, fixed lines, savings, and
-- `drill_down_urls` from category to link.
--
-- @param month month = now -- the budget month; the current one if not given

-- @name period
-- @shape object
-- @column month month
-- @column previous_month month
-- @column next_month month
-- @column config_version integer
SELECT :month AS month, month_add(:month, -1) AS previous_month,
       month_add(:month, 1) AS next_month,
       (SELECT version FROM config_versions WHERE valid_from <= :month
        ORDER BY valid_from DESC, version DESC LIMIT 1) AS config_version;

-- @name config
-- @shape object
-- @column valid_from month
-- @column tax_rate1 decimal
-- @column tax_rate2 decimal
-- @column ratio1 decimal
-- @column ratio2 decimal
SELECT version, valid_from, member1, member2, rev1_cents, rev2_cents, from_minor(tax_rate1_bp, 2) AS tax_rate1,
       from_minor(tax_rate2_bp, 2) AS tax_rate2, split_mode, net1_cents, net2_cents, net_cents,
       from_minor((20000 * key1 + key_of) / (2 * key_of), 2) AS ratio1,
       from_minor(10000 - (20000 * key1 + key_of) / (2 * key_of), 2) AS ratio2
FROM config_keys
WHERE version = :period.config_version;

-- @name totals
-- @shape object
SELECT coalesce(sum(n), 0) AS transaction_count, coalesce(sum(income), 0) AS income_cents,
       coalesce(sum(income - total), 0) AS spent_cents, coalesce(sum(total), 0) AS balance_cents,
       coalesce(sum(CASE WHEN expense_type = 'VARIABLE' THEN income - total END), 0) AS variable_cents,
       coalesce(sum(CASE WHEN expense_type = 'FIXED' THEN income - total END), 0) AS fixed_cents,
       coalesce(sum(CASE WHEN expense_type = 'PROVISION' THEN income - total END), 0) AS provision_cents
FROM (
  SELECT expense_type, count(*) AS n, sum(amount_cents) AS total,
         sum(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END) AS income
  FROM transactions
  WHERE exclude = FALSE AND month = :period.month
  GROUP BY expense_type) AS types;

-- @name previous
-- @shape object
-- @column month month
-- @column spent_change decimal nullable
SELECT :period.previous_month AS month, n AS transaction_count, income AS income_cents, income - total AS spent_cents,
       total AS balance_cents, :totals.income_cents - income AS income_change_cents,
       :totals.spent_cents - (income - total) AS spent_change_cents,
       CASE WHEN income - total > 0
            THEN from_minor(CASE WHEN :totals.spent_cents >= income - total
                   THEN (20000 * (:totals.spent_cents - (income - total)) + (income - total)) / (2 * (income - total))
                   ELSE -((20000 * (income - total - :totals.spent_cents) + (income - total)) / (2 * (income - total)))
                   END, 2) END AS spent_change
FROM (
  SELECT count(*) AS n, coalesce(sum(amount_cents), 0) AS total,
         coalesce(sum(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END), 0) AS income
  FROM transactions
  WHERE exclude = FALSE AND month = :period.previous_month) AS before;

-- @name by_expense_type
-- @column share decimal
SELECT expense_type, transaction_count, total_cents, spent_cents,
       from_minor(CASE WHEN CAST(:totals.spent_cents AS bigint) = 0 THEN 0
                       ELSE (20000 * spent_cents + :totals.spent_cents) / (2 * :totals.spent_cents) END, 2) AS share
FROM (
  SELECT expense_type, count(*) AS transaction_count, sum(amount_cents) AS total_cents,
         sum(CASE WHEN amount_cents < 0 THEN -amount_cents ELSE 0 END) AS spent_cents
  FROM transactions
  WHERE exclude = FALSE AND month = :period.month
  GROUP BY expense_type) AS types
ORDER BY spent_cents DESC, expense_type;

-- @name by_category
-- @column share decimal
SELECT category, expense_type, transaction_count, total_cents, spent_cents,
       from_minor(CASE WHEN CAST(:totals.spent_cents AS bigint) = 0 THEN 0
                       ELSE (20000 * spent_cents + :totals.spent_cents) / (2 * :totals.spent_cents) END, 2) AS share,
       '/dashboard/drill-down/' || url_encode(category) || '?month=' || :period.month || '&expense_types=' || expense_type
         AS url
FROM (
  SELECT expense_type, category, count(*) AS transaction_count, sum(amount_cents) AS total_cents,
         sum(CASE WHEN amount_cents < 0 THEN -amount_cents ELSE 0 END) AS spent_cents
  FROM transactions
  WHERE exclude = FALSE AND month = :period.month
  GROUP BY expense_type, category) AS parts
ORDER BY spent_cents DESC, category, expense_type;

-- @name provisions
-- @column progress decimal nullable
SELECT id, name, base_calculation, split_mode, monthly_cents, member1_cents, member2_cents,
       coalesce((SELECT -sum(t.amount_cents) FROM transactions AS t
                 WHERE t.provision_id = p.id AND t.month = :period.month), 0) AS put_aside_cents,
       current_cents, target_cents,
       from_minor((20000 * current_cents + target_cents) / (2 * target_cents), 2) AS progress
FROM provision_plans AS p
WHERE is_active AND config_version = :period.config_version
ORDER BY display_order, id;

-- @name fixed_lines
-- @shape object
SELECT count(*) AS line_count, coalesce(sum(monthly_cents), 0) AS monthly_cents,
       coalesce(sum(member1_cents), 0) AS member1_cents, coalesce(sum(member2_cents), 0) AS member2_cents
FROM fixed_line_plans
WHERE is_active AND config_version = :period.config_version;

-- @name savings
-- @shape object
-- @column rate decimal
SELECT saved_cents, planned_cents, member1_cents, member2_cents, saved_cents - planned_cents AS difference_cents,
       from_minor(CASE WHEN CAST(:totals.income_cents AS bigint) <= 0 OR saved_cents <= 0 THEN 0
                       ELSE (20000 * saved_cents + :totals.income_cents) / (2 * :totals.income_cents) END, 2) AS rate
FROM (
  SELECT (SELECT coalesce(-sum(t.amount_cents), 0) FROM transactions AS t
          WHERE t.exclude = FALSE AND t.month = :period.month AND t.expense_type = 'PROVISION') AS saved_cents,
         coalesce(sum(monthly_cents), 0) AS planned_cents, coalesce(sum(member1_cents), 0) AS member1_cents,
         coalesce(sum(member2_cents), 0) AS member2_cents
  FROM provision_plans
  WHERE is_active AND config_version = :period.config_version) AS plan;

-- @name drill_down_urls
-- @shape value
-- @column urls json
SELECT json_group_object(category, '/dashboard/drill-down/' || url_encode(category) || '?month=' || :period.month) AS urls
FROM (
  SELECT category
  FROM transactions
  WHERE exclude = FALSE AND month = :period.month AND expense_type IN ('VARIABLE', 'FIXED', 'PROVISION')
  GROUP BY category
  ORDER BY category) AS names
