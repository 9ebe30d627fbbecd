-- A piece where a filter is given, the whole table where it is not.
-- @param category text
-- @param shelf int
-- @shape object
SELECT count(*) AS lines, coalesce(sum(amount), 0) AS amount FROM items
WHERE (:category IS NULL OR category = :category) AND (:shelf IS NULL OR shelf = :shelf)
