-- S.
SELECT 1
-- @param late int
, 2; /* /* nested */ */ SELECT 3;