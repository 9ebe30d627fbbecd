-- Those of a piece among the greatest few of all: a row of another piece may drive one out.
-- @param category text required
SELECT t.id, t.amount FROM (SELECT id, category, amount FROM items ORDER BY amount DESC, id LIMIT 10) AS t
WHERE t.category = :category ORDER BY t.id
