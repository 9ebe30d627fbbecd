-- From a category down to its lines, one level at a time.
--
-- `level` decides what is in the answer: `summary` the category's totals by expense type, `subcategories` its
-- subcategories, `transactions` a page of its lines, newest first (narrowed by `subcategory`). `totals` sums up the
-- category, and `next` offers what can be opened from here, each with its `url`.
--
-- @param category text required min_length=1 max_length=60 -- exact name of the category
-- @param month month = now -- the budget month; the current one if not given
-- @param level enum(summary,subcategories,transactions) = summary -- how deep
-- @param subcategory text max_length=60 -- at level `transactions`: only this subcategory
-- @param expense_types enum(VARIABLE,FIXED,PROVISION)[] = VARIABLE,FIXED,PROVISION -- which kinds of line

-- @name totals
-- @shape object
-- @column month month
SELECT :category AS category, :month AS month, :level AS level,
       coalesce(sum(n), 0) AS transaction_count, coalesce(sum(total), 0) AS total_cents
FROM (
  SELECT count(*) AS n, sum(amount_cents) AS total
  FROM transactions
  WHERE exclude = FALSE AND month = :month AND expense_type IN (:expense_types)
    AND category = :category) AS lines;

-- @name summary
-- @when level = summary
SELECT expense_type, count(*) AS transaction_count, sum(amount_cents) AS total_cents,
       count(DISTINCT subcategory) AS subcategory_count, min(amount_cents) AS smallest_cents,
       max(amount_cents) AS largest_cents
FROM transactions
WHERE exclude = FALSE AND month = :month AND expense_type IN (:expense_types)
  AND category = :category
GROUP BY expense_type
ORDER BY total_cents, expense_type;

-- @name subcategories
-- @when level = subcategories
-- @column share decimal
SELECT subcategory, sum(n) AS transaction_count, sum(total) AS total_cents,
       from_minor(CASE WHEN sum(sum(spent)) OVER () = 0 THEN 0
                       ELSE CAST(20000 * sum(spent) + sum(sum(spent)) OVER () AS bigint)
                            / CAST(2 * sum(sum(spent)) OVER () AS bigint) END, 2) AS share
FROM (
  SELECT expense_type, subcategory, count(*) AS n, sum(amount_cents) AS total,
         sum(CASE WHEN amount_cents < 0 THEN -amount_cents ELSE 0 END) AS spent
  FROM transactions
  WHERE exclude = FALSE AND month = :month AND expense_type IN (:expense_types)
    AND category = :category
  GROUP BY expense_type, subcategory) AS parts
GROUP BY subcategory
ORDER BY total_cents, subcategory;

-- @name transactions
-- @when level = transactions
-- @shape page size=50 max=500
SELECT id, date_op, label, subcategory, account, amount_cents, expense_type, tags
FROM transactions
WHERE month = :month AND category = :category AND exclude = FALSE
  AND expense_type IN (:expense_types) AND (:subcategory IS NULL OR subcategory = :subcategory)
ORDER BY date_op DESC, id DESC;

-- @name next
SELECT level, subcategory, transaction_count, total_cents,
       '/dashboard/drill-down/' || url_encode(:category) || '?month=' || :month
         || '&level=' || level || coalesce('&subcategory=' || url_encode(subcategory), '') AS url
FROM (
  SELECT 'subcategories' AS level, NULL AS subcategory, NULL AS transaction_count, NULL AS total_cents
  WHERE :level = 'summary'
  UNION ALL
  SELECT 'transactions', subcategory, sum(n), sum(total)
  FROM (SELECT expense_type, subcategory, count(*) AS n, sum(amount_cents) AS total
        FROM transactions
        WHERE exclude = FALSE AND month = :month AND expense_type IN (:expense_types)
          AND category = :category
        GROUP BY expense_type, subcategory) AS parts
  WHERE :level IN ('summary', 'subcategories')
  GROUP BY subcategory
  UNION ALL
  SELECT 'transactions', NULL, NULL, NULL WHERE :level <> 'transactions') AS options
ORDER BY level, total_cents, subcategory
