-- Revenue by month and country, net of what was cancelled.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @param country text max_length=60 -- only this country
-- @shape list
-- @column month month
-- @column revenue decimal
-- @column cancelled decimal
SELECT month, country, count(*) AS line_count, from_minor(sum(amount_mil), 3) AS revenue,
       from_minor(-sum(CASE WHEN is_cancellation THEN amount_mil ELSE 0 END), 3) AS cancelled
FROM invoice_lines
WHERE month BETWEEN :from AND :to AND (:country IS NULL OR country = :country)
GROUP BY month, country
ORDER BY month, country
