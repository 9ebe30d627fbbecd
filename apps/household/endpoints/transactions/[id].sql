-- One transaction.
--
-- @param id int min=1
-- @shape object
SELECT id, date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags, provision_id,
       import_id, created_at, updated_at
FROM transactions
WHERE id = :id
