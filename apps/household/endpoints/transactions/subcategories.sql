-- The subcategories in use, of all categories or of one.
--
-- @param category text max_length=60 -- only of this category
-- @param from month = 0001-01 -- first budget month
-- @param to month = 9999-12 -- last budget month
-- @shape list
-- @column last_month month
SELECT category, subcategory, sum(n) AS transaction_count, sum(total) AS total_cents, max(month) AS last_month
FROM (
  SELECT month, expense_type, category, subcategory, count(*) AS n, sum(amount_cents) AS total
  FROM transactions
  WHERE exclude = FALSE AND month BETWEEN :from AND :to AND (:category IS NULL OR category = :category)
  GROUP BY exclude, month, expense_type, category, subcategory) AS parts
GROUP BY category, subcategory
ORDER BY category, subcategory
