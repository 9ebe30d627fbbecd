-- Transactions, filtered, sorted and paged.
--
-- Amounts are signed: negative took money out, positive brought it in. All filters together must fit.
--
-- @param from month = 0001-01 -- first budget month
-- @param to month = 9999-12 -- last budget month
-- @param month month -- only this budget month
-- @param category text max_length=60 -- exact name
-- @param subcategory text max_length=60 -- exact name
-- @param account text max_length=60 -- exact name
-- @param expense_types enum(VARIABLE,FIXED,PROVISION)[] = VARIABLE,FIXED,PROVISION -- which kinds of line
-- @param q text max_length=100 -- part of the label, upper and lower case alike (ASCII)
-- @param min_cents int -- smallest amount, signed
-- @param max_cents int -- largest amount, signed
-- @param exclude bool -- only lines that are kept out of the figures (or that are not); both if not given
-- @param provision_id int min=1 -- only lines that feed this provision
-- @param sort enum(date_desc,date_asc,amount_desc,amount_asc,label) = date_desc -- order; ties by newest id
-- @shape page size=50 max=500
SELECT id, date_op, month, label, category, subcategory, account, amount_cents, expense_type, exclude, tags, provision_id,
       import_id, created_at, updated_at
FROM transactions
WHERE month BETWEEN coalesce(:month, :from) AND coalesce(:month, :to)
  AND (:category IS NULL OR category = :category)
  AND (:subcategory IS NULL OR subcategory = :subcategory)
  AND (:account IS NULL OR account = :account)
  AND (NOT :expense_types.given OR expense_type IN (:expense_types))
  AND (:q IS NULL OR strpos(lower(label), lower(:q)) > 0)
  AND (:min_cents IS NULL OR amount_cents >= :min_cents)
  AND (:max_cents IS NULL OR amount_cents <= :max_cents)
  AND (:exclude IS NULL OR exclude = :exclude)
  AND (:provision_id IS NULL OR provision_id = :provision_id)
ORDER BY CASE :sort WHEN 'date_desc' THEN date_op END DESC, CASE :sort WHEN 'date_asc' THEN date_op END,
         CASE :sort WHEN 'amount_desc' THEN amount_cents END DESC, CASE :sort WHEN 'amount_asc' THEN amount_cents END,
         CASE :sort WHEN 'label' THEN label END, id DESC
