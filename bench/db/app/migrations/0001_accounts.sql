CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
CREATE TABLE transfers (
  id INTEGER PRIMARY KEY,
  mark TEXT NOT NULL UNIQUE,
  giver INTEGER NOT NULL REFERENCES accounts (id),
  taker INTEGER NOT NULL REFERENCES accounts (id),
  amount INTEGER NOT NULL CHECK (amount >= 0)
);
INSERT INTO accounts (id, balance)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50)
SELECT n, 1000 FROM numbers;
