-- Puts a row in the place of whatever has one of its keys.
-- @param op int required
-- @param id int required
-- @param category text required
-- @param shelf int required
-- @param slot int required
-- @param code text required
-- @param amount int required
REPLACE INTO items (id, category, shelf, slot, code, amount) VALUES (:id, :category, :shelf, :slot, :code, :amount);
INSERT INTO audit (op) VALUES (:op)
