-- Several statements: one state of the database.
-- @param category text required
-- @param branch int required

-- @name items
-- @shape object
SELECT count(*) AS lines, coalesce(sum(amount), 0) AS amount FROM items WHERE category = :category;

-- @name tally
SELECT writes, last_code FROM tallies WHERE category = :category;

-- @name bank
-- @shape object
SELECT sum(balance) AS balance FROM accounts;

-- @name branch
-- @shape object
SELECT coalesce(sum(balance), 0) AS balance FROM accounts WHERE branch = :branch
