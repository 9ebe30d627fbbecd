-- Spending by category for one month.
--
-- More words.
-- @param month month required
-- @param sort enum(total,name) = total -- how to sort
SELECT category, sum(amount) AS total FROM entries WHERE month = :month ORDER BY :sort;
