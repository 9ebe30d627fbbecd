-- One row by its key; 404 while there is none.
-- @param id int
-- @shape object
SELECT id, category, code, amount FROM items WHERE id = :id
