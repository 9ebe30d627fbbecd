-- Whether a row exists, by a unique key.
-- @param code text required
-- @shape object
SELECT count(*) AS found, coalesce(max(id), 0) AS id FROM items WHERE code = :code
