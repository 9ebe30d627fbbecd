-- Films with their actors and categories, filtered and paged.
--
-- @param q text max_length=100 -- part of the title
-- @param category text max_length=25 -- exact name of a category
-- @param rating enum(G,PG,PG-13,R,NC-17) -- only this rating
-- @param max_length int min=1 -- at most that many minutes

-- @name films
-- @shape page size=20 max=200
-- @column rental_rate decimal
SELECT f.film_id AS id, f.title, f.description, f.release_year, trim(l.name) AS language, f.length, f.rating,
       f.rental_duration, from_minor(to_minor(f.rental_rate, 2), 2) AS rental_rate
FROM film AS f
JOIN language AS l ON l.language_id = f.language_id
WHERE (:q IS NULL OR instr(f.title, upper(:q)) > 0)
  AND (:rating IS NULL OR f.rating = :rating)
  AND (:max_length IS NULL OR f.length <= :max_length)
  AND (:category IS NULL OR f.film_id IN (SELECT fc.film_id FROM film_category AS fc
                                          JOIN category AS c ON c.category_id = fc.category_id
                                          WHERE c.name = :category))
ORDER BY f.title, f.film_id;

-- @name actors
-- @embed actors in films on film_id = id
SELECT fa.film_id, a.actor_id AS id, a.first_name || ' ' || a.last_name AS name
FROM film_actor AS fa
JOIN actor AS a ON a.actor_id = fa.actor_id
WHERE fa.film_id IN (:films.id)
ORDER BY fa.film_id, a.last_name, a.first_name, a.actor_id;

-- @name categories
-- @embed categories in films on film_id = id
SELECT fc.film_id, c.category_id AS id, c.name
FROM film_category AS fc
JOIN category AS c ON c.category_id = fc.category_id
WHERE fc.film_id IN (:films.id)
ORDER BY fc.film_id, c.name
