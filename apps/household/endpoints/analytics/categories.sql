-- Count, sum, average, smallest and largest amount by category and expense type, over a range of months.
--
-- Amounts are signed: negative took money out. The average is rounded to the cent, halves away from zero.
--
-- @param from month -- first month; eleven before `to` if not given
-- @param to month = now -- last month; the current one if not given
-- @param expense_types enum(VARIABLE,FIXED,PROVISION)[] = VARIABLE,FIXED,PROVISION -- which kinds of line
-- @shape list
SELECT category, expense_type, CAST(sum(n) AS bigint) AS transaction_count, CAST(sum(total) AS bigint) AS total_cents,
       CASE WHEN sum(total) < 0 THEN -(CAST(sum(n) - 2 * sum(total) AS bigint) / CAST(2 * sum(n) AS bigint))
            ELSE CAST(sum(n) + 2 * sum(total) AS bigint) / CAST(2 * sum(n) AS bigint) END AS average_cents,
       min(smallest) AS min_cents, max(largest) AS max_cents, count(*) AS month_count
FROM (
  SELECT month, expense_type, category, count(*) AS n, sum(amount_cents) AS total, min(amount_cents) AS smallest,
         max(amount_cents) AS largest
  FROM transactions
  WHERE exclude = FALSE
    AND month BETWEEN coalesce(:from, month_add(:to, -11)) AND :to
  GROUP BY exclude, month, expense_type, category) AS months
WHERE expense_type IN (:expense_types)
GROUP BY category, expense_type
ORDER BY total_cents, category, expense_type
