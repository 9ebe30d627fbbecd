-- @into transactions
-- Sixty months that end with :until, each with the same number of lines. A month begins with what comes every month
-- (salaries, rent, bills by season, transfers into the provisions); the rest is everyday life, drawn by the season and
-- moved to its usual day of the week. One line in a hundred is kept out of the figures, one in five hundred is an
-- unusually large one.
WITH recurring (slot, day, label, category, subcategory, account, amount_cents, expense_type, yearly_permille, noise,
                season, provision_id) AS (
  VALUES
    (0, 28, 'SALARY NORTHWIND ENGINEERING', 'Income', 'Salary', 'Account of Alex', 318000, 'VARIABLE', 21, 0.002, NULL, NULL),
    (1, 27, 'SALARY CITY CONSERVATORY', 'Income', 'Salary', 'Account of Camille', 248500, 'VARIABLE', 18, 0.01, NULL, NULL),
    (2, 2, 'RENT 14 ORCHARD LANE', 'Housing', 'Rent', 'Joint account', -119000, 'FIXED', 18, 0.0, NULL, NULL),
    (3, 5, 'CAR LOAN AUTOBANK', 'Transport', 'Car loan', 'Joint account', -24790, 'FIXED', 0, 0.0, NULL, NULL),
    (4, 6, 'DAYCARE THE LITTLE OWLS', 'Children', 'Daycare', 'Joint account', -38600, 'FIXED', 16, 0.05,
     '100100100100100100100030100100100090', NULL),
    (5, 11, 'ELECTRICITY BRIGHT GRID', 'Housing', 'Electricity', 'Joint account', -8200, 'FIXED', 35, 0.06,
     '135130115100085080080080085100120135', NULL),
    (6, 12, 'GAS WARM HOME', 'Housing', 'Gas', 'Joint account', -7100, 'FIXED', 40, 0.08,
     '210195160105060030025025045100150195', NULL),
    (7, 10, 'SCHOOL CANTEEN', 'Children', 'Canteen', 'Joint account', -8600, 'FIXED', 20, 0.1,
     '100080100090100100020000100100090080', NULL),
    (8, 8, 'CAR INSURANCE SAFE ROADS', 'Transport', 'Car insurance', 'Joint account', -5890, 'FIXED', 25, 0.0, NULL, NULL),
    (9, 9, 'HEALTH INSURANCE MUTUAL', 'Health', 'Insurance', 'Joint account', -10420, 'FIXED', 30, 0.0, NULL, NULL),
    (10, 14, 'INTERNET FIBRE ONE', 'Communication', 'Internet', 'Joint account', -3499, 'FIXED', 0, 0.0, NULL, NULL),
    (11, 16, 'MOBILE ALEX', 'Communication', 'Mobile', 'Account of Alex', -1599, 'FIXED', 0, 0.0, NULL, NULL),
    (12, 16, 'MOBILE CAMILLE', 'Communication', 'Mobile', 'Account of Camille', -1299, 'FIXED', 0, 0.0, NULL, NULL),
    (13, 1, 'TRANSPORT PASS CITY LINES', 'Transport', 'Public transport', 'Account of Camille', -7540, 'FIXED', 22, 0.0,
     NULL, NULL),
    (14, 18, 'STREAMING FILMBOX', 'Leisure', 'Streaming', 'Joint account', -1349, 'FIXED', 25, 0.0, NULL, NULL),
    (15, 20, 'HOME INSURANCE HEARTH', 'Housing', 'Home insurance', 'Joint account', -2580, 'FIXED', 20, 0.0, NULL, NULL),
    (16, 5, 'CHILD BENEFIT', 'Income', 'Benefits', 'Joint account', 14900, 'VARIABLE', 12, 0.0, NULL, NULL),
    (17, 15, 'WATER WORKS', 'Housing', 'Water', 'Joint account', -3210, 'FIXED', 15, 0.05, NULL, NULL),
    (18, 3, 'GYM BODYWORKS', 'Leisure', 'Sports', 'Account of Alex', -2490, 'FIXED', 0, 0.0, NULL, NULL),
    (19, 30, 'BANK FEES', 'Taxes and fees', 'Bank', 'Joint account', -825, 'FIXED', 10, 0.0, NULL, NULL),
    (20, 3, 'TRANSFER EMERGENCY FUND', 'Provisions', 'Emergency fund', 'Joint account', -30400, 'PROVISION', 15, 0.0, NULL, 1),
    (21, 3, 'TRANSFER SUMMER HOLIDAYS', 'Provisions', 'Summer holidays', 'Joint account', -36500, 'PROVISION', 15, 0.0, NULL, 2),
    (22, 3, 'TRANSFER CHRISTMAS', 'Provisions', 'Christmas', 'Joint account', -8000, 'PROVISION', 0, 0.0, NULL, 3),
    (23, 3, 'TRANSFER CAR MAINTENANCE', 'Provisions', 'Car maintenance', 'Joint account', -9000, 'PROVISION', 0, 0.0, NULL, 4),
    (24, 3, 'TRANSFER NEXT CAR', 'Provisions', 'Next car', 'Joint account', -24300, 'PROVISION', 15, 0.0, NULL, 5),
    (25, 3, 'TRANSFER HOME REPAIRS', 'Provisions', 'Home repairs', 'Joint account', -15200, 'PROVISION', 15, 0.0, NULL, 6),
    (26, 3, 'TRANSFER PROPERTY TAX', 'Provisions', 'Property tax', 'Joint account', -12500, 'PROVISION', 0, 0.0, NULL, 7),
    (27, 3, 'TRANSFER INCOME TAX', 'Provisions', 'Income tax balance', 'Joint account', -15000, 'PROVISION', 0, 0.0, NULL, 8),
    (28, 3, 'TRANSFER STUDIES', 'Provisions', 'Studies', 'Joint account', -18200, 'PROVISION', 15, 0.0, NULL, 9),
    (29, 3, 'TRANSFER HEALTH', 'Provisions', 'Health', 'Joint account', -4500, 'PROVISION', 0, 0.0, NULL, 10),
    (30, 29, 'TRANSFER TRAINING', 'Provisions', 'Training of Alex', 'Account of Alex', -6890, 'PROVISION', 15, 0.0, NULL, 11),
    (31, 29, 'TRANSFER MUSIC', 'Provisions', 'Music of Camille', 'Account of Camille', -4100, 'PROVISION', 15, 0.0, NULL, 12),
    (32, 3, 'TRANSFER BIRTHDAYS', 'Provisions', 'Birthdays', 'Joint account', -3500, 'PROVISION', 0, 0.0, NULL, 13),
    (33, 3, 'TRANSFER FURNITURE', 'Provisions', 'Furniture', 'Joint account', -6001, 'PROVISION', 0, 0.0, NULL, 14),
    (34, 3, 'TRANSFER RAINY DAYS', 'Provisions', 'Rainy days', 'Joint account', -6000, 'PROVISION', 0, 0.15, NULL, 15)
), shops (kind, n, of, label, category, subcategory, median_cents, sigma, sign, expense_type, weekday, tag) AS (
  VALUES
    ('groceries', 1, 6, 'SUPERMARKET GREENFIELDS', 'Groceries', 'Supermarket', 6400, 0.55, -1, 'VARIABLE', 6, NULL),
    ('groceries', 2, 6, 'SUPERMARKET GREENFIELDS', 'Groceries', 'Supermarket', 3100, 0.6, -1, 'VARIABLE', 3, NULL),
    ('groceries', 3, 6, 'HYPERMARKET CONTINENT', 'Groceries', 'Supermarket', 9800, 0.45, -1, 'VARIABLE', 6, NULL),
    ('groceries', 4, 6, 'CORNER SHOP ALI', 'Groceries', 'Corner shop', 1450, 0.5, -1, 'VARIABLE', NULL, NULL),
    ('groceries', 5, 6, 'FARMERS MARKET', 'Groceries', 'Market', 2350, 0.4, -1, 'VARIABLE', 6, 'organic'),
    ('groceries', 6, 6, 'ORGANIC SHOP ROOTS', 'Groceries', 'Organic', 2890, 0.45, -1, 'VARIABLE', 5, 'organic'),
    ('bakery', 1, 2, 'BAKERY THREE EARS', 'Groceries', 'Bakery', 520, 0.4, -1, 'VARIABLE', 0, NULL),
    ('bakery', 2, 2, 'BAKERY STATION', 'Groceries', 'Bakery', 380, 0.35, -1, 'VARIABLE', NULL, NULL),
    ('eating', 1, 5, 'RESTAURANT LA PERGOLA', 'Eating out', 'Restaurant', 5900, 0.4, -1, 'VARIABLE', 6, NULL),
    ('eating', 2, 5, 'RESTAURANT SAIGON', 'Eating out', 'Restaurant', 4300, 0.35, -1, 'VARIABLE', 5, NULL),
    ('eating', 3, 5, 'PIZZA TAKEAWAY NAPOLI', 'Eating out', 'Takeaway', 2790, 0.3, -1, 'VARIABLE', 5, NULL),
    ('eating', 4, 5, 'CAFE DU PARC', 'Eating out', 'Cafe', 890, 0.4, -1, 'VARIABLE', 0, NULL),
    ('eating', 5, 5, 'LUNCH BISTRO 12', 'Eating out', 'Lunch', 1350, 0.25, -1, 'VARIABLE', NULL, 'work'),
    ('driving', 1, 4, 'FUEL STATION A7', 'Transport', 'Fuel', 6350, 0.25, -1, 'VARIABLE', NULL, NULL),
    ('driving', 2, 4, 'FUEL HYPERMARKET', 'Transport', 'Fuel', 5700, 0.2, -1, 'VARIABLE', 6, NULL),
    ('driving', 3, 4, 'PARKING CENTRE', 'Transport', 'Parking', 420, 0.5, -1, 'VARIABLE', 6, NULL),
    ('driving', 4, 4, 'MOTORWAY TOLL', 'Transport', 'Tolls', 1180, 0.6, -1, 'VARIABLE', 0, NULL),
    ('clothes', 1, 3, 'CLOTHES NORD', 'Clothing', 'Adults', 5400, 0.5, -1, 'VARIABLE', 6, NULL),
    ('clothes', 2, 3, 'SHOES STRIDE', 'Clothing', 'Shoes', 7200, 0.4, -1, 'VARIABLE', 6, NULL),
    ('clothes', 3, 3, 'KIDS WARDROBE', 'Clothing', 'Children', 3600, 0.5, -1, 'VARIABLE', 3, NULL),
    ('home', 1, 4, 'DIY STORE BRICO', 'Home', 'DIY', 3900, 0.7, -1, 'VARIABLE', 6, NULL),
    ('home', 2, 4, 'HOUSEHOLD SHOP', 'Home', 'Household', 1850, 0.5, -1, 'VARIABLE', NULL, NULL),
    ('home', 3, 4, 'GARDEN CENTRE FLORA', 'Home', 'Garden', 2950, 0.6, -1, 'VARIABLE', 0, NULL),
    ('home', 4, 4, 'ELECTRONICS VOLT', 'Home', 'Electronics', 8900, 0.8, -1, 'VARIABLE', NULL, NULL),
    ('children', 1, 4, 'BABYSITTER JULIE', 'Children', 'Babysitter', 4200, 0.3, -1, 'VARIABLE', 6, NULL),
    ('children', 2, 4, 'SWIMMING CLUB', 'Children', 'Activities', 2600, 0.35, -1, 'VARIABLE', 3, NULL),
    ('children', 3, 4, 'TOY SHOP CAROUSEL', 'Children', 'Toys', 2400, 0.5, -1, 'VARIABLE', 3, NULL),
    ('children', 4, 4, 'SCHOOL SUPPLIES', 'Children', 'School', 1900, 0.5, -1, 'VARIABLE', NULL, NULL),
    ('health', 1, 4, 'PHARMACY CENTRAL', 'Health', 'Pharmacy', 1430, 0.6, -1, 'VARIABLE', NULL, NULL),
    ('health', 2, 4, 'DR MOREAU', 'Health', 'Doctor', 3000, 0.2, -1, 'VARIABLE', NULL, NULL),
    ('health', 3, 4, 'DENTAL PRACTICE', 'Health', 'Dentist', 7600, 0.6, -1, 'VARIABLE', NULL, NULL),
    ('health', 4, 4, 'HEALTH INSURANCE REFUND', 'Health', 'Refund', 2150, 0.5, 1, 'VARIABLE', NULL, 'refund'),
    ('leisure', 1, 5, 'CINEMA REX', 'Leisure', 'Cinema', 2480, 0.3, -1, 'VARIABLE', 5, NULL),
    ('leisure', 2, 5, 'BOOKSHOP PAGES', 'Leisure', 'Books', 1990, 0.5, -1, 'VARIABLE', 6, NULL),
    ('leisure', 3, 5, 'CONCERT HALL', 'Leisure', 'Concerts', 5600, 0.4, -1, 'VARIABLE', 5, NULL),
    ('leisure', 4, 5, 'CLIMBING GYM', 'Leisure', 'Sports', 1650, 0.2, -1, 'VARIABLE', 4, NULL),
    ('leisure', 5, 5, 'GAME STORE ONLINE', 'Leisure', 'Games', 2990, 0.5, -1, 'VARIABLE', NULL, 'online'),
    ('holiday', 1, 4, 'TRAIN TICKETS', 'Holidays', 'Travel', 11800, 0.5, -1, 'VARIABLE', NULL, 'holiday'),
    ('holiday', 2, 4, 'HOTEL BELLAVISTA', 'Holidays', 'Accommodation', 23500, 0.5, -1, 'VARIABLE', 6, 'holiday'),
    ('holiday', 3, 4, 'RESTAURANT BY THE SEA', 'Holidays', 'Restaurants', 6200, 0.4, -1, 'VARIABLE', NULL, 'holiday'),
    ('holiday', 4, 4, 'MUSEUM AND BOAT TRIPS', 'Holidays', 'Activities', 4100, 0.5, -1, 'VARIABLE', NULL, 'holiday'),
    ('presents', 1, 3, 'DEPARTMENT STORE GIFTS', 'Presents', 'Christmas', 4700, 0.6, -1, 'VARIABLE', 6, 'present'),
    ('presents', 2, 3, 'FLOWERS ROSALIE', 'Presents', 'Flowers', 2600, 0.3, -1, 'VARIABLE', NULL, 'present'),
    ('presents', 3, 3, 'BIRTHDAY PRESENT', 'Presents', 'Birthdays', 3500, 0.5, -1, 'VARIABLE', NULL, 'present'),
    ('cash', 1, 1, 'CASH WITHDRAWAL', 'Cash', 'Withdrawal', 5000, 0.4, -1, 'VARIABLE', 5, NULL),
    ('large', 1, 4, 'GARAGE DUPONT ENGINE REPAIR', 'Transport', 'Car repair', 98000, 0.5, -1, 'VARIABLE', NULL, 'unusual'),
    ('large', 2, 4, 'WASHING MACHINE VOLT', 'Home', 'Appliances', 62900, 0.25, -1, 'VARIABLE', NULL, 'unusual'),
    ('large', 3, 4, 'DENTAL IMPLANT', 'Health', 'Dentist', 135000, 0.3, -1, 'VARIABLE', NULL, 'unusual'),
    ('large', 4, 4, 'BONUS NORTHWIND ENGINEERING', 'Income', 'Bonus', 210000, 0.4, 1, 'VARIABLE', NULL, 'unusual'),
    ('own', 1, 2, 'TRANSFER BETWEEN OWN ACCOUNTS', 'Transfers', 'Own accounts', 40000, 0.7, -1, 'VARIABLE', NULL, 'transfer'),
    ('own', 2, 2, 'TRANSFER BETWEEN OWN ACCOUNTS', 'Transfers', 'Own accounts', 40000, 0.7, 1, 'VARIABLE', NULL, 'transfer')
), numbered AS (
  SELECT i, (i - 1) * 60 / :rows AS m, i - 1 - (((i - 1) * 60 / :rows) * :rows + 59) / 60 AS slot
  FROM seed_series(1, :rows)
), dated AS (
  SELECT i, m, slot, month_add(:until, m - 59) AS month,
         CAST(substr(month_add(:until, m - 59), 6, 2) AS INTEGER) AS mm,
         CAST(substr(date(month_add(:until, m - 58) || '-01', '-1 day'), 9, 2) AS INTEGER) AS days
  FROM numbered
), drawn AS (
  SELECT d.*, CASE WHEN slot > 34 THEN rnd_weighted('kind', i,
           'groceries', 300, 'bakery', 130, 'eating', CASE WHEN mm IN (7, 8) THEN 70 ELSE 110 END, 'driving', 90,
           'clothes', CASE WHEN mm IN (1, 7) THEN 60 ELSE 28 END, 'home', CASE WHEN mm IN (4, 5, 6) THEN 75 ELSE 50 END,
           'children', CASE WHEN mm = 9 THEN 95 ELSE 50 END, 'health', CASE WHEN mm IN (1, 2, 11) THEN 70 ELSE 45 END,
           'leisure', 75, 'holiday', CASE WHEN mm IN (7, 8) THEN 150 WHEN mm IN (2, 4, 10) THEN 30 ELSE 4 END,
           'presents', CASE WHEN mm = 12 THEN 170 ELSE 22 END, 'cash', 30, 'large', 2, 'own', 10) END AS kind
  FROM dated AS d
), placed AS (
  SELECT d.i, d.m, d.month, d.mm, d.kind, r.slot IS NOT NULL AS is_recurring,
         coalesce(r.label, s.label) AS label, coalesce(r.category, s.category) AS category,
         coalesce(r.subcategory, s.subcategory) AS subcategory, coalesce(r.account,
           rnd_weighted('account', d.i, 'Joint account', 70, 'Account of Alex', 17, 'Account of Camille', 13)) AS account,
         coalesce(r.expense_type, s.expense_type) AS expense_type, r.provision_id, s.tag,
         CASE WHEN r.slot IS NOT NULL
              THEN CAST(round((r.amount_cents + r.amount_cents * r.yearly_permille * (d.m / 12) / 1000)
                              * CASE WHEN r.noise > 0 THEN 1 + r.noise * rnd_normal(0, 1, 'noise', d.i) ELSE 1 END) AS INTEGER)
                   * coalesce(CAST(substr(r.season, 3 * d.mm - 2, 3) AS INTEGER), 100) / 100
              ELSE s.sign * (1 + CAST(rnd_lognormal(s.median_cents, s.sigma, 'amount', d.i) * (600 + 2 * d.m) / 1000 AS INTEGER))
              END AS amount_cents,
         date(d.month || '-01', '+' || (CASE WHEN r.slot IS NOT NULL THEN min(r.day, d.days)
                                             ELSE rnd_int(1, d.days, 'day', d.i) END - 1) || ' days') AS day,
         CASE WHEN r.slot IS NULL AND rnd('usual', d.i) < 0.55 THEN s.weekday END AS weekday
  FROM drawn AS d
  LEFT JOIN recurring AS r ON r.slot = d.slot
  LEFT JOIN shops AS s ON s.kind = d.kind AND s.n = rnd_int(1, CASE d.kind WHEN 'cash' THEN 1
      WHEN 'bakery' THEN 2 WHEN 'own' THEN 2 WHEN 'clothes' THEN 3 WHEN 'presents' THEN 3
      WHEN 'eating' THEN 5 WHEN 'leisure' THEN 5 WHEN 'groceries' THEN 6 ELSE 4 END, 'shop', d.i)
)
SELECT CASE WHEN weekday IS NULL THEN day
            WHEN date(day, 'weekday ' || weekday) > date(month || '-01', '+1 month', '-1 day')
            THEN date(day, 'weekday ' || weekday, '-7 days')
            ELSE date(day, 'weekday ' || weekday) END AS date_op,
       month, label, category, subcategory, account, amount_cents, expense_type,
       CASE WHEN kind = 'own' THEN 1 ELSE 0 END AS exclude,
       CASE WHEN tag IS NULL THEN '[]' ELSE json_array(tag) END AS tags, provision_id,
       'B' || substr('000000000' || i, -9) AS import_id
FROM placed
