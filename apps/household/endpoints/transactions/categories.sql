-- The categories in use, with how often and until when.
--
-- @param from month = 0001-01 -- first budget month
-- @param to month = 9999-12 -- last budget month
-- @shape list
-- @column first_month month
-- @column last_month month
SELECT category, sum(n) AS transaction_count, sum(total) AS total_cents, min(month) AS first_month,
       max(month) AS last_month
FROM (
  SELECT month, expense_type, category, count(*) AS n, sum(amount_cents) AS total
  FROM transactions
  WHERE exclude = FALSE AND month BETWEEN :from AND :to
  GROUP BY exclude, month, expense_type, category) AS parts
GROUP BY category
ORDER BY category
