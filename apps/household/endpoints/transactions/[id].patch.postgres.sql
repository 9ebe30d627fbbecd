-- Change some fields of a transaction; what is not sent stays, and null empties what may be empty.
--
-- A new `date_op` moves the budget month along unless `month` is sent too.
--
-- @param id int min=1
-- @param date_op date -- when it was booked
-- @param month month -- budget month that it counts for
-- @param label text min_length=1 max_length=200 -- what the bank says
-- @param category text min_length=1 max_length=60
-- @param subcategory text min_length=1 max_length=60
-- @param account text min_length=1 max_length=60
-- @param amount_cents int min=-1000000000 max=1000000000 -- negative took money out
-- @param expense_type enum(VARIABLE,FIXED,PROVISION)
-- @param exclude bool -- true: counts in no figure
-- @param tags json -- a list of words
-- @param provision_id int min=1 -- the provision that the line feeds
-- @param import_id text min_length=1 max_length=100 -- the bank's reference
-- @shape object
UPDATE transactions
SET date_op = coalesce(:date_op, date_op), month = coalesce(:month, month_of(:date_op), month),
    label = coalesce(:label, label), category = coalesce(:category, category),
    subcategory = coalesce(:subcategory, subcategory), account = coalesce(:account, account),
    amount_cents = coalesce(:amount_cents, amount_cents), expense_type = coalesce(:expense_type, expense_type),
    exclude = coalesce(:exclude, exclude), tags = CASE WHEN :tags.given THEN coalesce(:tags::jsonb, '[]') ELSE tags END,
    provision_id = CASE WHEN :provision_id.given THEN :provision_id ELSE provision_id END,
    import_id = CASE WHEN :import_id.given THEN :import_id ELSE import_id END, updated_at = now()
WHERE id = :id
RETURNING id, date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags, provision_id,
          import_id, created_at, updated_at
