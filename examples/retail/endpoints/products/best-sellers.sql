-- The products that sold best, net of cancellations.
--
-- The description is the one that the product's lines carry most often.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @param by enum(quantity,revenue) = quantity -- what counts
-- @param limit int min=1 max=200 = 20 -- how many
-- @shape list
-- @column description text nullable
-- @column revenue decimal
SELECT stock_code,
       (SELECT l.description FROM invoice_lines AS l
        WHERE l.stock_code = best.stock_code AND l.description IS NOT NULL
        GROUP BY l.description ORDER BY count(*) DESC, l.description LIMIT 1) AS description,
       quantity, cancelled_quantity, from_minor(mil, 3) AS revenue
FROM (
  SELECT stock_code, sum(quantity) AS quantity,
         -sum(CASE WHEN is_cancellation THEN quantity ELSE 0 END) AS cancelled_quantity, sum(amount_mil) AS mil
  FROM invoice_lines
  WHERE stock_code > '' AND month BETWEEN :from AND :to
  GROUP BY stock_code
  ORDER BY CASE :by WHEN 'quantity' THEN sum(quantity) ELSE sum(amount_mil) END DESC, stock_code
  LIMIT :limit) AS best
ORDER BY CASE :by WHEN 'quantity' THEN quantity ELSE mil END DESC, stock_code
