-- Revenue by country over a range of months, the largest first, net of what was cancelled.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @shape list
-- @column revenue decimal
SELECT country, sum(n) AS line_count, from_minor(sum(mil), 3) AS revenue
FROM (
  SELECT month, country, count(*) AS n, sum(amount_mil) AS mil
  FROM invoice_lines
  WHERE month BETWEEN :from AND :to
  GROUP BY month, country) AS months
GROUP BY country
ORDER BY sum(mil) DESC, country
