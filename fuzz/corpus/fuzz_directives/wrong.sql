-- Bad.
-- @parm x int
-- @param y integer = z min=5 max=1
-- @param y text( pattern=/[/ 
-- @shape lists
SELECT :nobody, 'open