-- What must always add up to the same.
-- @shape object
SELECT sum(balance) AS balance, count(*) AS accounts FROM accounts
