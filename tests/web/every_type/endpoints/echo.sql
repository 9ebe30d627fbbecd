-- Says back what it was given.
--
-- Some words about `month`.
--
-- @param month month required min=2020-01 -- which month
-- @param text text min_length=2 max_length=5 pattern=/[a-z]+/
-- @param int int min=-5 max=5 = 3
-- @param decimal decimal(2) min=0.01 max=99.99
-- @param bool bool = true
-- @param date date min=2020-01-01 max=2029-12-31
-- @param timestamp timestamp
-- @param uuid uuid
-- @param choice enum(one,two) = one
-- @param json json
-- @param ints int[] max_items=3
-- @param texts text[] = a,b
-- @param choices enum(x,y,z)[]
-- @param x_note text in=header -- a header
-- @shape object
-- @column month month
-- @column text text nullable
-- @column int int
-- @column decimal decimal nullable
-- @column bool bool
-- @column date date nullable
-- @column timestamp timestamp nullable
-- @column uuid uuid nullable
-- @column json json nullable
-- @column note text nullable
SELECT :month AS month, :text AS text, :int AS int, :decimal AS decimal, :bool AS bool, :date AS date,
       :timestamp AS timestamp, :uuid AS uuid, :choice AS choice, :json AS json,
       (SELECT count(*) FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS numbers WHERE n IN (:ints)) AS ints,
       (SELECT count(*) FROM (SELECT 'a' AS t UNION ALL SELECT 'b') AS words WHERE t IN (:texts)) AS texts,
       (SELECT count(*) FROM (SELECT 'x' AS c UNION ALL SELECT 'y') AS letters WHERE c IN (:choices)) AS choices,
       :x_note AS note
