-- One category in one month: its totals, its subcategories, its last months and its largest lines.
--
-- @param category text required min_length=1 max_length=60 -- exact name of the category
-- @param month month = now -- the budget month; the current one if not given
-- @param months int min=1 max=60 = 12 -- how many months the history goes back, this one included

-- @name totals
-- @shape object
-- @column month month
SELECT :category AS category, :month AS month, coalesce(sum(n), 0) AS transaction_count,
       coalesce(sum(income), 0) AS income_cents, coalesce(sum(income - total), 0) AS spent_cents,
       coalesce(sum(total), 0) AS total_cents
FROM (
  SELECT count(*) AS n, sum(amount_cents) AS total,
         sum(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END) AS income
  FROM transactions
  WHERE exclude = FALSE AND month = :month
    AND expense_type IN ('VARIABLE', 'FIXED', 'PROVISION') AND category = :category) AS lines;

-- @name subcategories
SELECT subcategory, expense_type, count(*) AS transaction_count, sum(amount_cents) AS total_cents,
       min(amount_cents) AS smallest_cents, max(amount_cents) AS largest_cents
FROM transactions
WHERE exclude = FALSE AND month = :month
  AND expense_type IN ('VARIABLE', 'FIXED', 'PROVISION') AND category = :category
GROUP BY expense_type, subcategory
ORDER BY total_cents, subcategory, expense_type;

-- @name history
-- @column month month
SELECT month, count(*) AS transaction_count, sum(amount_cents) AS total_cents
FROM transactions
WHERE exclude = FALSE AND category = :category
  AND month IN (WITH RECURSIVE back(month, n) AS (
                  SELECT :month, 1
                  UNION ALL SELECT month_add(month, -1), n + 1 FROM back WHERE n < :months)
                SELECT month FROM back)
  AND expense_type IN ('VARIABLE', 'FIXED', 'PROVISION')
GROUP BY month
ORDER BY month;

-- @name largest
SELECT id, date_op, label, subcategory, account, amount_cents, expense_type
FROM transactions
WHERE exclude = FALSE AND month = :month AND category = :category
ORDER BY abs(amount_cents) DESC, id
LIMIT 10
