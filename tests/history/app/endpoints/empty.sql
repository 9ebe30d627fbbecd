-- Depends on what is not there.
-- @param category text required
-- @shape object
SELECT CAST(NOT EXISTS (SELECT 1 FROM items WHERE category = :category AND amount >= 90) AS INTEGER) AS none,
       (SELECT count(*) FROM items WHERE category = :category) AS lines
