-- Takes its time between its snapshot and its answer, so that much can be written meanwhile; and nothing else depends on
-- the same piece.
-- @param account int required

-- @name numbers
-- @shape object
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT count(*) AS count FROM n;

-- @name account
SELECT id, balance FROM accounts WHERE id = :account
