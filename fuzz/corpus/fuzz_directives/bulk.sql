-- Many.
-- @bulk max=20
-- @param day date required
-- @param amount decimal(2) required min=-10.50 max=99.99
-- @cache off
-- @timeout 5s
-- @deprecated
INSERT INTO t(day, amount) VALUES (:day, :amount);
