-- What each genre sells, and its share of all sales in percent.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @shape list
-- @column total decimal
-- @column share decimal
SELECT genre, track_count, from_minor(cents, 2) AS total,
       from_minor((20000 * cents + sum(cents) OVER ()) / (2 * sum(cents) OVER ()), 2) AS share
FROM (
  SELECT g.Name AS genre, sum(l.Quantity) AS track_count, sum(to_minor(l.UnitPrice, 2) * l.Quantity) AS cents
  FROM InvoiceLine AS l
  JOIN Invoice AS i ON i.InvoiceId = l.InvoiceId
  JOIN Track AS t ON t.TrackId = l.TrackId
  JOIN Genre AS g ON g.GenreId = t.GenreId
  WHERE month_of(i.InvoiceDate) BETWEEN :from AND :to
  GROUP BY g.GenreId) AS sales
ORDER BY cents DESC, genre
