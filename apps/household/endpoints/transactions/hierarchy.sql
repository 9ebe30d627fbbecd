-- Categories with their subcategories: how many lines, and what they come to.
--
-- @param from month = 0001-01 -- first budget month
-- @param to month = 9999-12 -- last budget month

-- @name categories
SELECT category, sum(n) AS transaction_count, sum(total) AS total_cents
FROM (
  SELECT month, expense_type, category, count(*) AS n, sum(amount_cents) AS total
  FROM transactions
  WHERE exclude = FALSE AND month BETWEEN :from AND :to
  GROUP BY exclude, month, expense_type, category) AS parts
GROUP BY category
ORDER BY category;

-- @name subcategories
-- @embed subcategories in categories on category = category
SELECT category, subcategory, sum(n) AS transaction_count, sum(total) AS total_cents
FROM (
  SELECT month, expense_type, category, subcategory, count(*) AS n, sum(amount_cents) AS total
  FROM transactions
  WHERE exclude = FALSE AND month BETWEEN :from AND :to
  GROUP BY exclude, month, expense_type, category, subcategory) AS parts
GROUP BY category, subcategory
ORDER BY category, subcategory
