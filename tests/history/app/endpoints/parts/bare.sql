-- Rows that have nothing on the optional side of a join.
-- @param category text required
SELECT i.id, i.code FROM items AS i LEFT JOIN parts AS p ON p.item_id = i.id
WHERE i.category = :category AND p.kind IS NULL ORDER BY i.id
