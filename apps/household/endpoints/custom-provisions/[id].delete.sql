-- Remove a provision; the lines that fed it stay, and feed none.
--
-- @param id int min=1
-- @shape object
DELETE FROM custom_provisions WHERE id = :id RETURNING id, name
