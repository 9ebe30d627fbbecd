-- What all accounts come to, asked twice with something else in between: one snapshot gives the same twice.

-- @name first
-- @shape object
SELECT sum(balance) AS total, count(*) AS accounts, (SELECT max(id) FROM transfers) AS last FROM accounts;

-- @name accounts
SELECT id, balance FROM accounts ORDER BY id;

-- @name second
-- @shape object
SELECT sum(balance) AS total, count(*) AS accounts, (SELECT max(id) FROM transfers) AS last FROM accounts
