-- Moves money from one account to another.
-- @param op int required
-- @param giver int required
-- @param taker int required
-- @param amount int required
UPDATE accounts SET balance = balance - :amount WHERE id = :giver;
UPDATE accounts SET balance = balance + :amount WHERE id = :taker;
INSERT INTO audit (op) VALUES (:op)
