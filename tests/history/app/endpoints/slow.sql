-- Takes its time between its snapshot and its answer, so that much can be written meanwhile.
-- @param category text required

-- @name numbers
-- @shape object
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT count(*) AS count FROM n;

-- @name items
SELECT id, category, amount FROM items WHERE category = :category ORDER BY id
