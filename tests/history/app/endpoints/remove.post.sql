-- Removes a row and, by cascade, its parts.
-- @param op int required
-- @param id int required
DELETE FROM items WHERE id = :id;
INSERT INTO audit (op) VALUES (:op)
