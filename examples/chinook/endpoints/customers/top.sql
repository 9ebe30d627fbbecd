-- The customers who bought most.
--
-- @param country text max_length=40 -- only from this country
-- @param limit int min=1 max=100 = 10 -- how many
-- @shape list
-- @column total decimal
-- @column last_invoice text
SELECT c.CustomerId AS id, c.FirstName || ' ' || c.LastName AS name, c.Country AS country, count(*) AS invoice_count,
       from_minor(sum(to_minor(i.Total, 2)), 2) AS total, max(i.InvoiceDate) AS last_invoice
FROM Customer AS c
JOIN Invoice AS i ON i.CustomerId = c.CustomerId
WHERE :country IS NULL OR c.Country = :country
GROUP BY c.CustomerId
ORDER BY sum(to_minor(i.Total, 2)) DESC, c.CustomerId
LIMIT :limit
