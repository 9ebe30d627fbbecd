-- What was put aside in a month, against what the provisions ask for, and over the last months.
--
-- Put aside is what PROVISION lines moved out of the accounts, less what they brought back. `rate` is its percentage
-- of the month's income.
--
-- @param month month = now -- the budget month; the current one if not given
-- @param months int min=1 max=60 = 12 -- how many months the history goes back, this one included

-- @name totals
-- @shape object
-- @column month month
-- @column rate decimal
SELECT :month AS month, income AS income_cents, saved AS saved_cents, planned AS planned_cents,
       saved - planned AS difference_cents,
       from_minor(CASE WHEN income <= 0 OR saved <= 0 THEN 0 ELSE (20000 * saved + income) / (2 * income) END, 2) AS rate
FROM (
  SELECT coalesce(sum(CASE WHEN amount_cents > 0 AND expense_type <> 'PROVISION' THEN amount_cents END), 0) AS income,
         coalesce(-sum(CASE WHEN expense_type = 'PROVISION' THEN amount_cents END), 0) AS saved,
         (SELECT coalesce(sum(monthly_cents), 0)
          FROM provision_plans
          WHERE is_active AND config_version = (SELECT version FROM config_versions
                                                WHERE valid_from <= :month
                                                ORDER BY valid_from DESC, version DESC LIMIT 1)) AS planned
  FROM transactions
  WHERE exclude = FALSE AND month = :month) AS sums;

-- @name by_category
SELECT category, subcategory, count(*) AS transaction_count, -sum(amount_cents) AS saved_cents
FROM transactions
WHERE exclude = FALSE AND month = :month AND expense_type = 'PROVISION'
GROUP BY category, subcategory
ORDER BY saved_cents DESC, category, subcategory;

-- @name history
-- @column month month
SELECT month, count(*) AS transaction_count, -sum(amount_cents) AS saved_cents
FROM transactions
WHERE exclude = FALSE AND expense_type = 'PROVISION'
  AND month BETWEEN month_add(:month, 1 - :months) AND :month
GROUP BY exclude, month
ORDER BY exclude, month
