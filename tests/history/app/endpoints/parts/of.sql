-- A join whose both sides are pieces.
-- @param item int required
SELECT p.id, p.kind, p.quantity, i.category, i.amount FROM parts AS p JOIN items AS i ON i.id = p.item_id
WHERE p.item_id = :item ORDER BY p.id
