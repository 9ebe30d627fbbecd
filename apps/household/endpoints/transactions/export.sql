-- Every transaction by date, streamed: JSON, NDJSON or CSV by the Accept header.
--
-- @param from date = 0001-01-01 -- first day
-- @param to date = 9999-12-31 -- last day
-- @shape rows
SELECT id, date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags, provision_id,
       import_id, created_at, updated_at
FROM transactions
WHERE date_op BETWEEN :from AND :to
ORDER BY date_op, id
