-- Move money; refused, and nothing of it done, where the giver has too little.
--
-- @param mark text required min_length=1 max_length=40 -- given by the client, once
-- @param giver int required -- account that gives
-- @param taker int required -- account that takes
-- @param amount int required min=0 -- how much

-- @name transfer
-- @shape object
INSERT INTO transfers (mark, giver, taker, amount) VALUES (:mark, :giver, :taker, :amount) RETURNING id, mark;

-- @name taker
-- @shape object
UPDATE accounts SET balance = balance + :amount WHERE id = :taker RETURNING balance;

-- @name giver
-- @shape object
UPDATE accounts SET balance = balance - :amount WHERE id = :giver RETURNING balance
