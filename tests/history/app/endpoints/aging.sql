-- Made anew each second, and an answer that is past its time may stand in meanwhile: only while it is true.
-- @param category text required
-- @cache 1s stale 1h
SELECT id, amount FROM items WHERE category = :category ORDER BY id
