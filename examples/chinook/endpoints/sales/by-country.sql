-- Sales by country and month.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @param country text max_length=40 -- only this billing country
-- @shape list
-- @column month month
-- @column total decimal
SELECT BillingCountry AS country, month_of(InvoiceDate) AS month, count(*) AS invoice_count,
       from_minor(sum(to_minor(Total, 2)), 2) AS total
FROM Invoice
WHERE month_of(InvoiceDate) BETWEEN :from AND :to AND (:country IS NULL OR BillingCountry = :country)
GROUP BY BillingCountry, month_of(InvoiceDate)
ORDER BY BillingCountry, month
