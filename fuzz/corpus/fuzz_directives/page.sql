-- Entries.
-- @shape page size=50 max=500
-- @param ids int[] max_items=50
-- @param q text pattern=/[a-z]+/ min_length=2 max_length=10
SELECT * FROM entries WHERE id IN (:ids) AND (:q IS NULL OR label LIKE :q)
