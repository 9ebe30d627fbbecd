-- Remove a transaction.
--
-- @param id int min=1
-- @shape object
DELETE FROM transactions WHERE id = :id RETURNING id, date_op, label, amount_cents
