-- A join of a piece with a whole table.
-- @param category text required
-- @shape object
SELECT count(*) AS parts, coalesce(sum(p.quantity), 0) AS quantity
FROM items AS i JOIN parts AS p ON p.item_id = i.id WHERE i.category = :category
