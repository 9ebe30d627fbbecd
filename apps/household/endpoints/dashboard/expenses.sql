-- Where the money of a month went: every category and subcategory with its share of the month's spending.
--
-- Only lines that took money out are counted; refunds are income.
--
-- @param month month = now -- the budget month; the current one if not given
-- @param expense_types enum(VARIABLE,FIXED,PROVISION)[] = VARIABLE,FIXED -- which kinds of line
-- @shape list
-- @column share decimal
SELECT expense_type, category, subcategory, transaction_count, spent_cents,
       from_minor((20000 * spent_cents + CAST(sum(spent_cents) OVER () AS bigint))
                  / (2 * CAST(sum(spent_cents) OVER () AS bigint)), 2) AS share
FROM (
  SELECT expense_type, category, subcategory, count(*) AS transaction_count, -sum(amount_cents) AS spent_cents
  FROM transactions
  WHERE exclude = FALSE AND month = :month AND expense_type IN (:expense_types)
    AND amount_cents < 0
  GROUP BY expense_type, category, subcategory) AS spending
ORDER BY spent_cents DESC, category, subcategory, expense_type
