-- What was put aside in a month, against what the provisions ask for, and over the last months.
--
-- Put aside is what PROVISION lines moved out of the accounts, less what they brought back. `rate` is its percentage
-- of the month's income.
--
-- @param month month -- the budget month; the current one if not given
-- @param months int min=1 max=60 = 12 -- how many months the history goes back, this one included

-- @name totals
-- @shape object
-- @column month month
-- @column rate decimal
SELECT coalesce(:month, month_of(now())) AS month, income AS income_cents, saved AS saved_cents, planned AS planned_cents,
       saved - planned AS difference_cents,
       from_minor(CASE WHEN income <= 0 OR saved <= 0 THEN 0 ELSE (20000 * saved + income) / (2 * income) END, 2) AS rate
FROM (
  SELECT coalesce(sum(CASE WHEN amount_cents > 0 AND expense_type <> 'PROVISION' THEN amount_cents END), 0) AS income,
         coalesce(-sum(CASE WHEN expense_type = 'PROVISION' THEN amount_cents END), 0) AS saved,
         (SELECT coalesce(sum(monthly_cents), 0)
          FROM provision_plans
          WHERE is_active AND config_version = (SELECT version FROM config_versions
                                                WHERE valid_from <= coalesce(:month, month_of(now()))
                                                ORDER BY valid_from DESC, version DESC LIMIT 1)) AS planned
  FROM transactions
  WHERE exclude = FALSE AND month = coalesce(:month, month_of(now())));

-- @name by_category
SELECT category, subcategory, count(*) AS transaction_count, -sum(amount_cents) AS saved_cents
FROM transactions
WHERE exclude = FALSE AND month = coalesce(:month, month_of(now())) AND expense_type = 'PROVISION'
GROUP BY category, subcategory
ORDER BY saved_cents DESC, category, subcategory;

-- @name history
-- @column month month
SELECT month, count(*) AS transaction_count, -sum(amount_cents) AS saved_cents
FROM transactions
WHERE exclude = FALSE AND expense_type = 'PROVISION'
  AND month BETWEEN month_add(coalesce(:month, month_of(now())), 1 - :months) AND coalesce(:month, month_of(now()))
GROUP BY exclude, month
ORDER BY exclude, month
