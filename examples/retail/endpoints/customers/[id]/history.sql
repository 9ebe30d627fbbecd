-- A customer: totals, and every invoice with its lines.
--
-- @param id int min=1 -- CustomerID of the data

-- @name customer
-- @shape object
-- @column first_invoice timestamp
-- @column last_invoice timestamp
-- @column revenue decimal
SELECT customer_id AS id, max(country) AS country, count(DISTINCT invoice_no) AS invoice_count,
       count(DISTINCT CASE WHEN is_cancellation THEN invoice_no END) AS cancelled_count, count(*) AS line_count,
       min(invoice_date) AS first_invoice, max(invoice_date) AS last_invoice, from_minor(sum(amount_mil), 3) AS revenue
FROM invoice_lines
WHERE customer_id = :id
GROUP BY customer_id;

-- @name invoices
-- @embed invoices in customer on customer_id = id
-- @column invoice_date timestamp
-- @column is_cancellation boolean
-- @column amount decimal
SELECT invoice_no, customer_id, min(invoice_date) AS invoice_date, max(is_cancellation) AS is_cancellation,
       from_minor(sum(amount_mil), 3) AS amount
FROM invoice_lines
WHERE customer_id IN (:customer.id)
GROUP BY customer_id, invoice_no
ORDER BY min(invoice_date), invoice_no;

-- @name lines
-- @embed lines in invoices on invoice_no = invoice_no
-- @column unit_price decimal
-- @column amount decimal
SELECT id, invoice_no, stock_code, description, quantity, from_minor(unit_price_mil, 3) AS unit_price,
       from_minor(amount_mil, 3) AS amount
FROM invoice_lines
WHERE customer_id IN (:customer.id) AND invoice_no IN (:invoices.invoice_no)
ORDER BY id
