-- Summary.
-- @param a int

SELECT :a;
