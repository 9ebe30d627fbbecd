-- A piece by a column that compares without regard to case.
-- @param category text required
SELECT id, category, shelf, slot, code, amount FROM items WHERE category = :category ORDER BY id
