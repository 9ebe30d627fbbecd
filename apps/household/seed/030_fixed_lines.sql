-- @into fixed_lines
WITH line (label, category, amount_cents, frequency, day_of_month, split_mode, split_member1_bp, split_member2_bp) AS (
  VALUES
    ('Rent', 'Housing', 128500, 'monthly', 2, 'key', NULL, NULL),
    ('Car loan', 'Transport', 24790, 'monthly', 5, 'key', NULL, NULL),
    ('Daycare', 'Children', 41200, 'monthly', 6, '50/50', NULL, NULL),
    ('Electricity', 'Housing', 8990, 'monthly', 11, 'key', NULL, NULL),
    ('Gas', 'Housing', 7450, 'monthly', 12, 'key', NULL, NULL),
    ('Water', 'Housing', 9633, 'quarterly', 15, 'key', NULL, NULL),
    ('Home insurance', 'Housing', 31900, 'yearly', 20, 'key', NULL, NULL),
    ('Car insurance', 'Transport', 6240, 'monthly', 8, 'key', NULL, NULL),
    ('Health insurance', 'Health', 11380, 'monthly', 9, '50/50', NULL, NULL),
    ('Internet', 'Communication', 3499, 'monthly', 14, '50/50', NULL, NULL),
    ('Phone of Alex', 'Communication', 1599, 'monthly', 16, '100/0', NULL, NULL),
    ('Phone of Camille', 'Communication', 1299, 'monthly', 16, '0/100', NULL, NULL),
    ('Streaming', 'Leisure', 1349, 'monthly', 18, '50/50', NULL, NULL),
    ('Gym of Alex', 'Leisure', 29900, 'yearly', 3, '100/0', NULL, NULL),
    ('Transport pass of Camille', 'Transport', 7540, 'monthly', 1, '0/100', NULL, NULL),
    ('School canteen', 'Children', 8600, 'monthly', 10, '50/50', NULL, NULL),
    ('Bank fees', 'Taxes and fees', 2475, 'quarterly', 30, 'custom', 3333, 6667)
)
SELECT label, category, amount_cents, frequency, day_of_month, split_mode, split_member1_bp, split_member2_bp,
       10 * row_number() OVER () AS display_order
FROM line
