-- Income, spending and balance of one month, by expense type and by category.
--
-- One pass over the month's lines. `spent_cents` is what left the accounts as a positive number, `income_cents` what
-- arrived, `balance_cents` their difference; `share` is the percentage of the month's spending. Excluded lines count
-- nowhere. Categories come with the largest spending first.
--
-- @param month month = now -- the budget month; the current one if not given
-- @shape object
-- @column month month
-- @column by_type json
-- @column categories json
WITH groups AS MATERIALIZED (
  SELECT expense_type, category, count(*) AS n, sum(amount_cents) AS total,
         sum(CASE WHEN amount_cents > 0 THEN amount_cents ELSE 0 END) AS income
  FROM transactions
  WHERE exclude = FALSE AND month = :month
  GROUP BY expense_type, category
), sums AS (
  SELECT coalesce(sum(n), 0) AS n, coalesce(sum(total), 0) AS total, coalesce(sum(income), 0) AS income,
         coalesce(sum(income - total), 0)::bigint AS spent
  FROM groups
), types AS (
  SELECT expense_type, sum(n) AS n, sum(total) AS total, sum(income) AS income FROM groups GROUP BY expense_type
)
SELECT :month AS month, n AS transaction_count, income AS income_cents,
       spent AS spent_cents, total AS balance_cents,
       (SELECT coalesce(json_agg(json_build_object(
                 'expense_type', expense_type, 'transaction_count', n, 'income_cents', income,
                 'spent_cents', income - total, 'total_cents', total)), '[]')
        FROM (SELECT * FROM types ORDER BY expense_type) AS t) AS by_type,
       (SELECT coalesce(json_agg(json_build_object(
                 'category', category, 'expense_type', expense_type, 'transaction_count', n, 'income_cents', income,
                 'spent_cents', income - total, 'total_cents', total,
                 'share', from_minor(CASE WHEN spent = 0 THEN 0
                                          ELSE (20000 * (income - total) + spent) / (2 * spent) END, 2))), '[]')
        FROM (SELECT g.*, (SELECT s.spent FROM sums AS s) AS spent
              FROM groups AS g ORDER BY g.total, g.category, g.expense_type) AS c) AS categories
FROM sums
