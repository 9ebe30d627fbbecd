-- The month in five figures: for a widget or a watch face.
--
-- @param month month = now -- the budget month; the current one if not given
-- @shape object
-- @column month month
SELECT :month AS month, count(*) AS transaction_count,
       coalesce(sum(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END), 0) AS income_cents,
       coalesce(sum(CASE WHEN amount_cents < 0 THEN -amount_cents ELSE 0 END), 0) AS spent_cents,
       coalesce(sum(amount_cents), 0) AS balance_cents
FROM transactions
WHERE exclude = FALSE AND month = :month
