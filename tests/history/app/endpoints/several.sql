-- Several pieces at once.
-- @param categories text[] required
SELECT id, category, amount FROM items WHERE category IN (:categories) ORDER BY id
