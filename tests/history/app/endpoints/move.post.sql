-- Moves a row to another piece.
-- @param op int required
-- @param id int required
-- @param category text required
UPDATE items SET category = :category WHERE id = :id;
INSERT INTO audit (op) VALUES (:op)
