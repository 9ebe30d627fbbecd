-- Every write that commits leaves one row here, so that the order of commits is known and who was rolled back leaves none.
CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, op INTEGER NOT NULL);

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  branch INTEGER NOT NULL,
  balance INTEGER NOT NULL
);

CREATE TABLE categories (
  name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  title TEXT NOT NULL
);

-- A row has two unique keys besides its own, so that a REPLACE may evict up to three others, of other categories.
CREATE TABLE items (
  id INTEGER PRIMARY KEY,
  category TEXT NOT NULL COLLATE NOCASE,
  shelf INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  code TEXT NOT NULL UNIQUE COLLATE NOCASE,
  amount INTEGER NOT NULL,
  UNIQUE (shelf, slot)
);
CREATE INDEX items_category ON items (category);
CREATE INDEX items_amount ON items (amount);

CREATE TABLE parts (
  id INTEGER PRIMARY KEY,
  item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE ON UPDATE CASCADE,
  kind TEXT NOT NULL,
  quantity INTEGER NOT NULL
);
CREATE INDEX parts_item ON parts (item_id);

-- Written by triggers alone.
CREATE TABLE tallies (
  category TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  writes INTEGER NOT NULL,
  last_code TEXT NOT NULL
);
CREATE TRIGGER items_inserted AFTER INSERT ON items BEGIN
  INSERT INTO tallies (category, writes, last_code) VALUES (new.category, 1, new.code)
  ON CONFLICT (category) DO UPDATE SET writes = writes + 1, last_code = excluded.last_code;
END;
CREATE TRIGGER items_updated AFTER UPDATE ON items BEGIN
  INSERT INTO tallies (category, writes, last_code) VALUES (new.category, 1, new.code)
  ON CONFLICT (category) DO UPDATE SET writes = writes + 1, last_code = excluded.last_code;
END;
CREATE TRIGGER items_deleted AFTER DELETE ON items BEGIN
  UPDATE tallies SET writes = writes + 1, last_code = '-' WHERE category = old.category;
END;

CREATE VIEW item_lines AS
SELECT i.id, i.category, c.title, i.amount FROM items AS i JOIN categories AS c ON c.name = i.category;
CREATE VIEW category_sums AS
SELECT category, title, count(*) AS lines, sum(amount) AS amount FROM item_lines GROUP BY category, title;
