-- Groups with their members, a page, a value, and a part that is asked for.
-- @param part enum(none,some) = none

-- @name groups
SELECT 1 AS id, 'a' AS title UNION ALL SELECT 2, 'b';

-- @name members
-- @embed members in groups on group_id = id
SELECT 10 AS id, 1 AS group_id, NULL AS remark WHERE 1 IN (:groups.id);

-- @name first
-- @shape object
SELECT 1 AS n WHERE 1 = 0;

-- @name count
-- @shape value
SELECT count(*) AS n;

-- @name some
-- @when part = some
-- @shape page size=2 max=5
SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3
