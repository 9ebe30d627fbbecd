-- Cohort retention: of the customers who first bought in a month, how many bought again in each month since.
--
-- Cancellations are no purchases. `retention` is in percent of the cohort.
--
-- @param from month = 0001-01 -- first cohort
-- @param to month = 9999-12 -- last cohort
-- @shape list
-- @column cohort month
-- @column retention decimal
WITH active AS MATERIALIZED (
  SELECT customer_id, month
  FROM invoice_lines
  WHERE customer_id IS NOT NULL AND NOT is_cancellation
  GROUP BY customer_id, month
), first AS MATERIALIZED (
  SELECT customer_id, min(month) AS cohort FROM active GROUP BY customer_id
), sizes AS MATERIALIZED (
  SELECT cohort, count(*) AS customers FROM first GROUP BY cohort
)
SELECT cohort, months_since, customers AS cohort_size, returned AS customer_count,
       from_minor((20000 * returned + customers) / (2 * customers), 2) AS retention
FROM (
  SELECT f.cohort,
         12 * (CAST(substr(a.month, 1, 4) AS INTEGER) - CAST(substr(f.cohort, 1, 4) AS INTEGER))
           + CAST(substr(a.month, 6, 2) AS INTEGER) - CAST(substr(f.cohort, 6, 2) AS INTEGER) AS months_since,
         count(*) AS returned, s.customers
  FROM active AS a
  JOIN first AS f ON f.customer_id = a.customer_id
  JOIN sizes AS s ON s.cohort = f.cohort
  WHERE f.cohort BETWEEN :from AND :to
  GROUP BY f.cohort, a.month) AS months
ORDER BY cohort, months_since
