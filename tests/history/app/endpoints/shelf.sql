-- A piece by an integer column that is asked with text.
-- @param shelf text required
SELECT id, category, slot, code FROM items WHERE shelf = :shelf ORDER BY slot
