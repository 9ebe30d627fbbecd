-- Numbers, streamed.
-- @param to int min=0 max=1000000 = 10
-- @shape rows
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :to)
SELECT n, n * 2 AS twice FROM numbers
