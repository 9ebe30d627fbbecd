-- Cancelled lines, the latest first.
--
-- @param from date = 0001-01-01 -- first day
-- @param to date = 9999-12-31 -- last day
-- @param country text max_length=60 -- only this country
-- @param customer_id int min=1 -- only this customer
-- @shape page size=50 max=500
-- @column unit_price decimal
-- @column amount decimal
SELECT id, invoice_no, invoice_date, stock_code, description, quantity, from_minor(unit_price_mil, 3) AS unit_price,
       from_minor(amount_mil, 3) AS amount, customer_id, country
FROM invoice_lines
WHERE is_cancellation AND invoice_date >= :from AND invoice_date <= :to || 'T23:59:59'
  AND (:country IS NULL OR country = :country) AND (:customer_id IS NULL OR customer_id = :customer_id)
ORDER BY invoice_date DESC, id DESC
