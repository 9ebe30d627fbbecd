-- One value, an old way to ask.
-- @param word text max_length=20
-- @shape value
-- @deprecated
SELECT :word AS word
