-- The greatest few of all.
SELECT id, code, amount FROM items ORDER BY amount DESC, id LIMIT 5
