-- Two.
-- @param level enum(a,b) = a
-- @name invoices
SELECT id, label FROM invoices;
-- @name lines
-- @embed lines in invoices on invoice_id = id
-- @column total decimal nullable
SELECT * FROM lines WHERE invoice_id IN (:invoices.id);
-- @name extra
-- @when level = a, b
-- @shape value
SELECT count(*) FROM lines;
