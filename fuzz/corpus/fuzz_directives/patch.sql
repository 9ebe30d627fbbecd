-- Change.
-- @param id int required
-- @param label text
-- @status 200
UPDATE t SET label = CASE WHEN :label.given THEN :label ELSE label END WHERE id = :id RETURNING *;
