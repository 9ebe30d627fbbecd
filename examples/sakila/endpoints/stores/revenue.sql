-- What each store took in, by month.
--
-- A payment counts for the store that owns the film; one without a rental counts for the store of who took it.
--
-- @param from month = 0001-01 -- first month
-- @param to month = 9999-12 -- last month
-- @shape list
-- @column month month
-- @column revenue decimal
SELECT coalesce(i.store_id, s.store_id) AS store_id, month_of(p.payment_date) AS month, count(*) AS payment_count,
       from_minor(sum(to_minor(p.amount, 2)), 2) AS revenue
FROM payment AS p
JOIN staff AS s ON s.staff_id = p.staff_id
LEFT JOIN rental AS r ON r.rental_id = p.rental_id
LEFT JOIN inventory AS i ON i.inventory_id = r.inventory_id
WHERE month_of(p.payment_date) BETWEEN :from AND :to
GROUP BY 1, 2
ORDER BY 1, 2
