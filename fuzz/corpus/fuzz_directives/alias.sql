-- Old.
-- @alias /other/route
-- @cache 10m
-- @shape object
-- @param x json in=body = {"a":[1]}
-- @param h uuid in=header
-- @param t timestamp = 2025-01-31T08:30:00Z
-- @param n bool[] = true,false
SELECT 1 AS one
