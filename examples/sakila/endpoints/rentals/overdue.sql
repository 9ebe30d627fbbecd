-- Rentals that are not back although their time is over, the longest overdue first.
--
-- @param at date = 2006-02-15 -- the day to look from (the data ends there)
-- @param store_id int min=1 -- only this store
-- @shape page size=50 max=500
-- @column days_overdue integer
SELECT r.rental_id AS id, r.rental_date, f.title, i.store_id, c.customer_id,
       c.first_name || ' ' || c.last_name AS customer, a.phone,
       CAST(julianday(:at) - julianday(date(r.rental_date, '+' || f.rental_duration || ' days')) AS INTEGER) AS days_overdue
FROM rental AS r
JOIN inventory AS i ON i.inventory_id = r.inventory_id
JOIN film AS f ON f.film_id = i.film_id
JOIN customer AS c ON c.customer_id = r.customer_id
JOIN address AS a ON a.address_id = c.address_id
WHERE r.return_date IS NULL AND date(r.rental_date, '+' || f.rental_duration || ' days') < :at
  AND (:store_id IS NULL OR i.store_id = :store_id)
ORDER BY days_overdue DESC, r.rental_id
