-- A view on a view on a join.
-- @param category text required
SELECT category, title, lines, amount FROM category_sums WHERE category = :category
