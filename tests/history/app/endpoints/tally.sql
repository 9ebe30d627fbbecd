-- A table that triggers write.
-- @param category text required
SELECT category, writes, last_code FROM tallies WHERE category = :category
