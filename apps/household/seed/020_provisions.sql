-- @into custom_provisions
WITH plan (id, name, description, base_calculation, percentage_bp, fixed_cents, split_mode, split_member1_bp,
           split_member2_bp, target_cents, current_cents, is_active) AS (
  VALUES
    (1, 'Emergency fund', 'three months of everything', 'total', 500, NULL, 'key', NULL, NULL, 1500000, 820450, 1),
    (2, 'Summer holidays', 'two weeks by the sea', 'total', 600, NULL, 'key', NULL, NULL, 450000, 215000, 1),
    (3, 'Christmas', 'presents and the dinner', 'fixed', NULL, 8000, '50/50', NULL, NULL, 96000, 64000, 1),
    (4, 'Car maintenance', 'tyres, service, inspection', 'fixed', NULL, 9000, 'key', NULL, NULL, 180000, 102000, 1),
    (5, 'Next car', '', 'total', 400, NULL, 'key', NULL, NULL, 1200000, 391280, 1),
    (6, 'Home repairs', 'boiler, roof, whatever comes', 'total', 250, NULL, 'key', NULL, NULL, 600000, 248050, 1),
    (7, 'Property tax', 'due in October', 'fixed', NULL, 12500, 'custom', 6000, 4000, 150000, 125000, 1),
    (8, 'Income tax balance', 'due in September', 'fixed', NULL, 15000, 'key', NULL, NULL, 180000, 45000, 1),
    (9, 'Studies', 'for the children', 'total', 300, NULL, '50/50', NULL, NULL, 2000000, 631275, 1),
    (10, 'Health', 'glasses, dentist', 'fixed', NULL, 4500, '50/50', NULL, NULL, 80000, 61035, 1),
    (11, 'Training of Alex', '', 'member1', 200, NULL, '100/0', NULL, NULL, 200000, 90210, 1),
    (12, 'Music of Camille', 'a better cello', 'member2', 150, NULL, '0/100', NULL, NULL, 120000, 45555, 1),
    (13, 'Birthdays', '', 'fixed', NULL, 3500, '50/50', NULL, NULL, 42000, 42000, 1),
    (14, 'Furniture', 'a table for eight', 'fixed', NULL, 6001, 'custom', 5550, 4450, 150000, 34560, 1),
    (15, 'Rainy days', 'no target: whatever is left', 'total', 100, NULL, 'key', NULL, NULL, NULL, 12345, 1),
    (16, 'Old bicycle', 'bought in the end', 'fixed', NULL, 2500, '50/50', NULL, NULL, 60000, 60000, 0)
)
SELECT id, name, description, base_calculation, percentage_bp, fixed_cents, split_mode, split_member1_bp,
       split_member2_bp, target_cents, current_cents, is_active, id * 10 AS display_order
FROM plan
