-- A piece of what must add up.
-- @param branch int required
-- @shape object
SELECT coalesce(sum(balance), 0) AS balance, count(*) AS accounts FROM accounts WHERE branch = :branch
