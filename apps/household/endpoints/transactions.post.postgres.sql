-- Enter one transaction, or many at once: all of them, or none.
--
-- The body is one object, or an array of them. An `import_id` that is already there is a conflict, so that a bank
-- statement can be sent twice without counting twice.
--
-- @bulk max=1000
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
INSERT INTO transactions (date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags,
                          provision_id, import_id, created_at, updated_at)
VALUES (:date_op::date, coalesce(:month, month_of(:date_op::date)), :label, :category, :subcategory, :account, :amount_cents,
        :expense_type, :exclude, coalesce(:tags::jsonb, '[]'), :provision_id, :import_id, now(), now())
RETURNING id, date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags, provision_id,
          import_id, created_at, updated_at
