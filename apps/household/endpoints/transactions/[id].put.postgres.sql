-- Replace a transaction: what is not given falls back to its default.
--
-- @param id int min=1
-- @param date_op date required -- when it was booked
-- @param month month -- budget month that it counts for; that of `date_op` if not given
-- @param label text required min_length=1 max_length=200 -- what the bank says
-- @param category text required min_length=1 max_length=60
-- @param subcategory text min_length=1 max_length=60 = Other
-- @param account text required min_length=1 max_length=60
-- @param amount_cents int required min=-1000000000 max=1000000000 -- negative took money out
-- @param expense_type enum(VARIABLE,FIXED,PROVISION) = VARIABLE
-- @param exclude bool = false -- true: counts in no figure
-- @param tags json = [] -- a list of words
-- @param provision_id int min=1 -- the provision that the line feeds
-- @param import_id text min_length=1 max_length=100 -- the bank's reference
-- @shape object
UPDATE transactions
SET date_op = :date_op::date, month = coalesce(:month, month_of(:date_op::date)), label = :label, category = :category,
    subcategory = :subcategory, account = :account, amount_cents = :amount_cents, expense_type = :expense_type,
    exclude = :exclude, tags = coalesce(:tags::jsonb, '[]'), provision_id = :provision_id, import_id = :import_id,
    updated_at = now()
WHERE id = :id
RETURNING id, date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags, provision_id,
          import_id, created_at, updated_at
