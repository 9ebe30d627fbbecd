-- Made by `freshet cache enable`. Triggers log which rows are written, by whatever program, so that a write ends
-- the kept answers that it concerns, and no others. Run it again when endpoints or tables have changed.

-- One record for each row that is written: its table, and what its columns p1, p2, ... held.
CREATE TABLE freshet_change (id INTEGER PRIMARY KEY, t INTEGER NOT NULL, p1, p2, p3, p4, p5, p6);
CREATE TRIGGER freshet_change_keeps_its_newest BEFORE DELETE ON freshet_change
  WHEN OLD.id = (SELECT max(id) FROM freshet_change) BEGIN
  SELECT RAISE(ABORT, 'the newest record of freshet_change has to stay');
END;
-- Which table t is, and which of its columns p1, p2, ... are.
CREATE TABLE freshet_watch (t INTEGER PRIMARY KEY, table_name TEXT NOT NULL UNIQUE, columns TEXT NOT NULL);

-- config_versions: any write concerns the whole table.
INSERT OR REPLACE INTO freshet_watch (t, table_name, columns) VALUES (1, 'config_versions', '[]');
CREATE TRIGGER freshet_watch_config_versions_after_delete AFTER DELETE ON config_versions BEGIN
  INSERT INTO freshet_change (t)
    VALUES (1);
END;
CREATE TRIGGER freshet_watch_config_versions_after_insert AFTER INSERT ON config_versions BEGIN
  INSERT INTO freshet_change (t)
    VALUES (1);
END;
CREATE TRIGGER freshet_watch_config_versions_after_update AFTER UPDATE ON config_versions BEGIN
  INSERT INTO freshet_change (t)
    VALUES (1);
END;

-- custom_provisions: pieces by id, is_active.
INSERT OR REPLACE INTO freshet_watch (t, table_name, columns) VALUES (2, 'custom_provisions', '["id","is_active"]');
CREATE TRIGGER freshet_watch_custom_provisions_after_delete AFTER DELETE ON custom_provisions BEGIN
  INSERT INTO freshet_change (t, p1, p2)
    VALUES (2, OLD.id, OLD.is_active);
END;
CREATE TRIGGER freshet_watch_custom_provisions_after_insert AFTER INSERT ON custom_provisions BEGIN
  INSERT INTO freshet_change (t, p1, p2)
    VALUES (2, NEW.id, NEW.is_active);
END;
CREATE TRIGGER freshet_watch_custom_provisions_after_update AFTER UPDATE ON custom_provisions BEGIN
  INSERT INTO freshet_change (t, p1, p2)
    VALUES (2, NEW.id, NEW.is_active);
  INSERT INTO freshet_change (t, p1, p2)
    SELECT 2, OLD.id, OLD.is_active
    WHERE OLD.id IS NOT NEW.id
      OR OLD.is_active IS NOT NEW.is_active;
END;
CREATE TRIGGER freshet_watch_custom_provisions_before_insert BEFORE INSERT ON custom_provisions BEGIN
  INSERT INTO freshet_change (t, p1, p2)
    SELECT 2, id, is_active
    FROM custom_provisions WHERE name = NEW.name;
  INSERT INTO freshet_change (t, p1, p2)
    SELECT 2, id, is_active
    FROM custom_provisions WHERE id = NEW.id;
END;
CREATE TRIGGER freshet_watch_custom_provisions_before_update BEFORE UPDATE ON custom_provisions
  WHEN NEW.name IS NOT OLD.name OR NEW.id IS NOT OLD.id BEGIN
  INSERT INTO freshet_change (t, p1, p2)
    SELECT 2, id, is_active
    FROM custom_provisions WHERE name = NEW.name AND NOT (id = OLD.id);
  INSERT INTO freshet_change (t, p1, p2)
    SELECT 2, id, is_active
    FROM custom_provisions WHERE id = NEW.id AND NOT (id = OLD.id);
END;

-- fixed_lines: pieces by is_active.
INSERT OR REPLACE INTO freshet_watch (t, table_name, columns) VALUES (3, 'fixed_lines', '["is_active"]');
CREATE TRIGGER freshet_watch_fixed_lines_after_delete AFTER DELETE ON fixed_lines BEGIN
  INSERT INTO freshet_change (t, p1)
    VALUES (3, OLD.is_active);
END;
CREATE TRIGGER freshet_watch_fixed_lines_after_insert AFTER INSERT ON fixed_lines BEGIN
  INSERT INTO freshet_change (t, p1)
    VALUES (3, NEW.is_active);
END;
CREATE TRIGGER freshet_watch_fixed_lines_after_update AFTER UPDATE ON fixed_lines BEGIN
  INSERT INTO freshet_change (t, p1)
    VALUES (3, NEW.is_active);
  INSERT INTO freshet_change (t, p1)
    SELECT 3, OLD.is_active
    WHERE OLD.is_active IS NOT NEW.is_active;
END;
CREATE TRIGGER freshet_watch_fixed_lines_before_insert BEFORE INSERT ON fixed_lines BEGIN
  INSERT INTO freshet_change (t, p1)
    SELECT 3, is_active
    FROM fixed_lines WHERE id = NEW.id;
END;
CREATE TRIGGER freshet_watch_fixed_lines_before_update BEFORE UPDATE ON fixed_lines
  WHEN NEW.id IS NOT OLD.id BEGIN
  INSERT INTO freshet_change (t, p1)
    SELECT 3, is_active
    FROM fixed_lines WHERE id = NEW.id AND NOT (id = OLD.id);
END;

-- transactions: pieces by category, exclude, expense_type, id, month, subcategory.
INSERT OR REPLACE INTO freshet_watch (t, table_name, columns) VALUES (4, 'transactions', '["category","exclude","expense_type","id","month","subcategory"]');
CREATE TRIGGER freshet_watch_transactions_after_delete AFTER DELETE ON transactions BEGIN
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    VALUES (4, OLD.category, OLD."exclude", OLD.expense_type, OLD.id, OLD.month, OLD.subcategory);
END;
CREATE TRIGGER freshet_watch_transactions_after_insert AFTER INSERT ON transactions BEGIN
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    VALUES (4, NEW.category, NEW."exclude", NEW.expense_type, NEW.id, NEW.month, NEW.subcategory);
END;
CREATE TRIGGER freshet_watch_transactions_after_update AFTER UPDATE ON transactions BEGIN
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    VALUES (4, NEW.category, NEW."exclude", NEW.expense_type, NEW.id, NEW.month, NEW.subcategory);
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    SELECT 4, OLD.category, OLD."exclude", OLD.expense_type, OLD.id, OLD.month, OLD.subcategory
    WHERE OLD.category IS NOT NEW.category
      OR OLD."exclude" IS NOT NEW."exclude"
      OR OLD.expense_type IS NOT NEW.expense_type
      OR OLD.id IS NOT NEW.id
      OR OLD.month IS NOT NEW.month
      OR OLD.subcategory IS NOT NEW.subcategory;
END;
CREATE TRIGGER freshet_watch_transactions_before_insert BEFORE INSERT ON transactions BEGIN
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    SELECT 4, category, "exclude", expense_type, id, month, subcategory
    FROM transactions WHERE import_id = NEW.import_id AND (import_id IS NOT NULL);
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    SELECT 4, category, "exclude", expense_type, id, month, subcategory
    FROM transactions WHERE id = NEW.id;
END;
CREATE TRIGGER freshet_watch_transactions_before_update BEFORE UPDATE ON transactions
  WHEN NEW.import_id IS NOT OLD.import_id OR NEW.id IS NOT OLD.id BEGIN
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    SELECT 4, category, "exclude", expense_type, id, month, subcategory
    FROM transactions WHERE import_id = NEW.import_id AND (import_id IS NOT NULL) AND NOT (id = OLD.id);
  INSERT INTO freshet_change (t, p1, p2, p3, p4, p5, p6)
    SELECT 4, category, "exclude", expense_type, id, month, subcategory
    FROM transactions WHERE id = NEW.id AND NOT (id = OLD.id);
END;

-- @down
-- config_versions: not watched any more.
DROP TRIGGER IF EXISTS freshet_watch_config_versions_after_delete;
DROP TRIGGER IF EXISTS freshet_watch_config_versions_after_insert;
DROP TRIGGER IF EXISTS freshet_watch_config_versions_after_update;

-- custom_provisions: not watched any more.
DROP TRIGGER IF EXISTS freshet_watch_custom_provisions_after_delete;
DROP TRIGGER IF EXISTS freshet_watch_custom_provisions_after_insert;
DROP TRIGGER IF EXISTS freshet_watch_custom_provisions_after_update;
DROP TRIGGER IF EXISTS freshet_watch_custom_provisions_before_insert;
DROP TRIGGER IF EXISTS freshet_watch_custom_provisions_before_update;

-- fixed_lines: not watched any more.
DROP TRIGGER IF EXISTS freshet_watch_fixed_lines_after_delete;
DROP TRIGGER IF EXISTS freshet_watch_fixed_lines_after_insert;
DROP TRIGGER IF EXISTS freshet_watch_fixed_lines_after_update;
DROP TRIGGER IF EXISTS freshet_watch_fixed_lines_before_insert;
DROP TRIGGER IF EXISTS freshet_watch_fixed_lines_before_update;

-- transactions: not watched any more.
DROP TRIGGER IF EXISTS freshet_watch_transactions_after_delete;
DROP TRIGGER IF EXISTS freshet_watch_transactions_after_insert;
DROP TRIGGER IF EXISTS freshet_watch_transactions_after_update;
DROP TRIGGER IF EXISTS freshet_watch_transactions_before_insert;
DROP TRIGGER IF EXISTS freshet_watch_transactions_before_update;

DROP TABLE freshet_watch;
DROP TABLE freshet_change;
