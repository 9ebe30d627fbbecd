-- A customer with every rental and what was paid for it.
--
-- @param id int min=1

-- @name customer
-- @shape object
-- @column active boolean
-- @column total_paid decimal
SELECT c.customer_id AS id, c.first_name, c.last_name, c.email, CAST(c.active AS INTEGER) AS active, c.store_id, a.address, ci.city, co.country,
       (SELECT count(*) FROM rental AS r WHERE r.customer_id = c.customer_id) AS rental_count,
       (SELECT from_minor(coalesce(sum(to_minor(p.amount, 2)), 0), 2) FROM payment AS p
        WHERE p.customer_id = c.customer_id) AS total_paid
FROM customer AS c
JOIN address AS a ON a.address_id = c.address_id
JOIN city AS ci ON ci.city_id = a.city_id
JOIN country AS co ON co.country_id = ci.country_id
WHERE c.customer_id = :id;

-- @name rentals
-- @embed rentals in customer on customer_id = id
SELECT r.rental_id AS id, r.customer_id, r.rental_date, r.return_date, f.title
FROM rental AS r
JOIN inventory AS i ON i.inventory_id = r.inventory_id
JOIN film AS f ON f.film_id = i.film_id
WHERE r.customer_id IN (:customer.id)
ORDER BY r.rental_date DESC, r.rental_id DESC;

-- @name payments
-- @embed payments in rentals on rental_id = id
-- @column amount decimal
SELECT p.payment_id AS id, p.rental_id, from_minor(to_minor(p.amount, 2), 2) AS amount, p.payment_date
FROM payment AS p
WHERE p.customer_id IN (:customer.id) AND p.rental_id IN (:rentals.id)
ORDER BY p.payment_id
