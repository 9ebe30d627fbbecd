-- Remove a fixed line.
--
-- @param id int min=1
-- @shape object
DELETE FROM fixed_lines WHERE id = :id RETURNING id, label
