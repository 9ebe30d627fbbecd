-- The customers who brought most revenue, net of cancellations.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @param limit int min=1 max=200 = 20 -- how many
-- @shape list
-- @column revenue decimal
-- @column last_month month
SELECT customer_id AS id, count(DISTINCT invoice_no) AS invoice_count, max(month) AS last_month,
       from_minor(sum(amount_mil), 3) AS revenue
FROM invoice_lines
WHERE customer_id > 0 AND month BETWEEN :from AND :to
GROUP BY customer_id
ORDER BY sum(amount_mil) DESC, customer_id
LIMIT :limit
