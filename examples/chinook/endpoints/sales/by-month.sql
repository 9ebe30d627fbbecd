-- Sales of all countries by month.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @shape list
-- @column month month
-- @column total decimal
SELECT month_of(InvoiceDate) AS month, count(*) AS invoice_count, count(DISTINCT CustomerId) AS customer_count,
       from_minor(sum(to_minor(Total, 2)), 2) AS total
FROM Invoice
WHERE month_of(InvoiceDate) BETWEEN :from AND :to
GROUP BY month_of(InvoiceDate)
ORDER BY month
