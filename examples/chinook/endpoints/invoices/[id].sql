-- An invoice with its lines and its customer.
--
-- @param id int min=1

-- @name invoice
-- @shape object
-- @column total decimal
SELECT InvoiceId AS id, InvoiceDate AS invoice_date, CustomerId AS customer_id, BillingAddress AS billing_address,
       BillingCity AS billing_city, BillingCountry AS billing_country, from_minor(to_minor(Total, 2), 2) AS total
FROM Invoice
WHERE InvoiceId = :id;

-- @name customer
-- @embed one customer in invoice on id = customer_id
SELECT CustomerId AS id, FirstName AS first_name, LastName AS last_name, Company AS company, Email AS email,
       Country AS country
FROM Customer
WHERE CustomerId IN (:invoice.customer_id);

-- @name lines
-- @embed lines in invoice on invoice_id = id
-- @column unit_price decimal
-- @column amount decimal
SELECT l.InvoiceLineId AS id, l.InvoiceId AS invoice_id, t.Name AS track, al.Title AS album, ar.Name AS artist,
       from_minor(to_minor(l.UnitPrice, 2), 2) AS unit_price, l.Quantity AS quantity,
       from_minor(to_minor(l.UnitPrice, 2) * l.Quantity, 2) AS amount
FROM InvoiceLine AS l
JOIN Track AS t ON t.TrackId = l.TrackId
LEFT JOIN Album AS al ON al.AlbumId = t.AlbumId
LEFT JOIN Artist AS ar ON ar.ArtistId = al.ArtistId
WHERE l.InvoiceId IN (:invoice.id)
ORDER BY l.InvoiceLineId
