-- Made by `freshet rollup enable`. A table of sums, and triggers that keep it equal to its source within the
-- writer's own transaction, whatever program writes. Rows that are there already are counted after it has run.

CREATE TABLE "month_totals" (
  "exclude" BOOLEAN NOT NULL,
  "month" TEXT NOT NULL,
  "expense_type" TEXT NOT NULL,
  "category" TEXT NOT NULL,
  "subcategory" TEXT NOT NULL,
  n INTEGER NOT NULL,
  "sum_amount_cents" NOT NULL,
  "min_amount_cents" INTEGER,
  "max_amount_cents" INTEGER,
  "sum_income_cents" NOT NULL,
  "cnt_income_cents" INTEGER NOT NULL,
  "sum_spent_cents" NOT NULL,
  "cnt_spent_cents" INTEGER NOT NULL,
  PRIMARY KEY ("exclude", "month", "expense_type", "category", "subcategory")
) WITHOUT ROWID;

CREATE TABLE freshet_rollup_evicted_month_totals (owner, gone, r0, g0, g1, g2, g3, g4, m0, m1, m2);

CREATE TRIGGER freshet_rollup_insert_month_totals AFTER INSERT ON "transactions"
BEGIN
  UPDATE "month_totals" SET n = n + 1,
    "sum_amount_cents" = CASE WHEN typeof(NEW."amount_cents") = 'integer' AND typeof("sum_amount_cents" + NEW."amount_cents") = 'integer' THEN "sum_amount_cents" + NEW."amount_cents"
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END,
    "min_amount_cents" = coalesce(min("min_amount_cents", NEW."amount_cents"), "min_amount_cents", NEW."amount_cents"),
    "max_amount_cents" = coalesce(max("max_amount_cents", NEW."amount_cents"), "max_amount_cents", NEW."amount_cents"),
    "sum_income_cents" = CASE WHEN typeof((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof("sum_income_cents" + ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN "sum_income_cents" + ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_income_cents" = "cnt_income_cents" + ((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END) IS NOT NULL),
    "sum_spent_cents" = CASE WHEN typeof((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof("sum_spent_cents" + ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN "sum_spent_cents" + ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_spent_cents" = "cnt_spent_cents" + ((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE "exclude" = NEW."exclude" AND "month" = NEW."month" AND "expense_type" = NEW."expense_type" AND "category" = NEW."category" AND "subcategory" = NEW."subcategory";
  INSERT INTO "month_totals" SELECT NEW."exclude", NEW."month", NEW."expense_type", NEW."category", NEW."subcategory", 1, CASE WHEN typeof(NEW."amount_cents") = 'integer' AND typeof(NEW."amount_cents") = 'integer' THEN NEW."amount_cents"
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END, NEW."amount_cents", NEW."amount_cents", CASE WHEN typeof((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof(ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END, ((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END) IS NOT NULL), CASE WHEN typeof((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof(ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END, ((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE changes() = 0;
END;

CREATE TRIGGER freshet_rollup_delete_month_totals AFTER DELETE ON "transactions"
BEGIN
  UPDATE "month_totals" SET n = n - 1,
    "sum_amount_cents" = CASE WHEN typeof("sum_amount_cents" - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END) = 'integer' THEN "sum_amount_cents" - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END,
    "sum_income_cents" = CASE WHEN typeof("sum_income_cents" - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN "sum_income_cents" - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_income_cents" = "cnt_income_cents" - ((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) IS NOT NULL),
    "sum_spent_cents" = CASE WHEN typeof("sum_spent_cents" - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN "sum_spent_cents" - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_spent_cents" = "cnt_spent_cents" - ((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory";
  INSERT INTO "month_totals" SELECT OLD."exclude", OLD."month", OLD."expense_type", OLD."category", OLD."subcategory", -1, CASE WHEN typeof(0 - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END) = 'integer' THEN 0 - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END, NULL, NULL, CASE WHEN typeof(0 - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN 0 - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END, -((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) IS NOT NULL), CASE WHEN typeof(0 - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN 0 - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END, -((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE changes() = 0;
  DELETE FROM "month_totals" WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory" AND n = 0 AND "sum_amount_cents" = 0 AND "sum_income_cents" = 0 AND "cnt_income_cents" = 0 AND "sum_spent_cents" = 0 AND "cnt_spent_cents" = 0;
  UPDATE "month_totals" SET "min_amount_cents" = (SELECT min(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = OLD."exclude" AND s."month" = OLD."month" AND s."expense_type" = OLD."expense_type" AND s."category" = OLD."category" AND s."subcategory" = OLD."subcategory"),
    "max_amount_cents" = (SELECT max(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = OLD."exclude" AND s."month" = OLD."month" AND s."expense_type" = OLD."expense_type" AND s."category" = OLD."category" AND s."subcategory" = OLD."subcategory")
    WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory" AND (OLD."amount_cents" <= "min_amount_cents" OR OLD."amount_cents" >= "max_amount_cents");
  DELETE FROM freshet_rollup_evicted_month_totals WHERE OLD."id" IS r0;
END;

CREATE TRIGGER freshet_rollup_move_month_totals AFTER UPDATE ON "transactions"
WHEN NOT (OLD."exclude" IS NEW."exclude" AND OLD."month" IS NEW."month" AND OLD."expense_type" IS NEW."expense_type" AND OLD."category" IS NEW."category" AND OLD."subcategory" IS NEW."subcategory")
BEGIN
  UPDATE "month_totals" SET n = n - 1,
    "sum_amount_cents" = CASE WHEN typeof("sum_amount_cents" - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END) = 'integer' THEN "sum_amount_cents" - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END,
    "sum_income_cents" = CASE WHEN typeof("sum_income_cents" - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN "sum_income_cents" - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_income_cents" = "cnt_income_cents" - ((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) IS NOT NULL),
    "sum_spent_cents" = CASE WHEN typeof("sum_spent_cents" - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN "sum_spent_cents" - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_spent_cents" = "cnt_spent_cents" - ((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory";
  INSERT INTO "month_totals" SELECT OLD."exclude", OLD."month", OLD."expense_type", OLD."category", OLD."subcategory", -1, CASE WHEN typeof(0 - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END) = 'integer' THEN 0 - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END, NULL, NULL, CASE WHEN typeof(0 - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN 0 - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END, -((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) IS NOT NULL), CASE WHEN typeof(0 - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END) = 'integer' THEN 0 - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END, -((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE changes() = 0;
  DELETE FROM "month_totals" WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory" AND n = 0 AND "sum_amount_cents" = 0 AND "sum_income_cents" = 0 AND "cnt_income_cents" = 0 AND "sum_spent_cents" = 0 AND "cnt_spent_cents" = 0;
  UPDATE "month_totals" SET "min_amount_cents" = (SELECT min(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = OLD."exclude" AND s."month" = OLD."month" AND s."expense_type" = OLD."expense_type" AND s."category" = OLD."category" AND s."subcategory" = OLD."subcategory"),
    "max_amount_cents" = (SELECT max(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = OLD."exclude" AND s."month" = OLD."month" AND s."expense_type" = OLD."expense_type" AND s."category" = OLD."category" AND s."subcategory" = OLD."subcategory")
    WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory" AND (OLD."amount_cents" <= "min_amount_cents" OR OLD."amount_cents" >= "max_amount_cents");
  UPDATE "month_totals" SET n = n + 1,
    "sum_amount_cents" = CASE WHEN typeof(NEW."amount_cents") = 'integer' AND typeof("sum_amount_cents" + NEW."amount_cents") = 'integer' THEN "sum_amount_cents" + NEW."amount_cents"
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END,
    "min_amount_cents" = coalesce(min("min_amount_cents", NEW."amount_cents"), "min_amount_cents", NEW."amount_cents"),
    "max_amount_cents" = coalesce(max("max_amount_cents", NEW."amount_cents"), "max_amount_cents", NEW."amount_cents"),
    "sum_income_cents" = CASE WHEN typeof((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof("sum_income_cents" + ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN "sum_income_cents" + ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_income_cents" = "cnt_income_cents" + ((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END) IS NOT NULL),
    "sum_spent_cents" = CASE WHEN typeof((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof("sum_spent_cents" + ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN "sum_spent_cents" + ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_spent_cents" = "cnt_spent_cents" + ((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE "exclude" = NEW."exclude" AND "month" = NEW."month" AND "expense_type" = NEW."expense_type" AND "category" = NEW."category" AND "subcategory" = NEW."subcategory";
  INSERT INTO "month_totals" SELECT NEW."exclude", NEW."month", NEW."expense_type", NEW."category", NEW."subcategory", 1, CASE WHEN typeof(NEW."amount_cents") = 'integer' AND typeof(NEW."amount_cents") = 'integer' THEN NEW."amount_cents"
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END, NEW."amount_cents", NEW."amount_cents", CASE WHEN typeof((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof(ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END, ((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END) IS NOT NULL), CASE WHEN typeof((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof(ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END, ((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE changes() = 0;
END;

CREATE TRIGGER freshet_rollup_update_month_totals AFTER UPDATE ON "transactions"
WHEN OLD."exclude" IS NEW."exclude" AND OLD."month" IS NEW."month" AND OLD."expense_type" IS NEW."expense_type" AND OLD."category" IS NEW."category" AND OLD."subcategory" IS NEW."subcategory" AND (OLD."amount_cents" IS NOT NEW."amount_cents" OR (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) IS NOT (CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END) OR (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) IS NOT (CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END))
BEGIN
  UPDATE "month_totals" SET "sum_amount_cents" = CASE WHEN typeof(NEW."amount_cents") = 'integer' AND typeof("sum_amount_cents" - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END + NEW."amount_cents") = 'integer' THEN "sum_amount_cents" - CASE typeof(OLD."amount_cents") WHEN 'integer' THEN OLD."amount_cents" ELSE 0 END + NEW."amount_cents"
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END,
    "min_amount_cents" = coalesce(min("min_amount_cents", NEW."amount_cents"), "min_amount_cents", NEW."amount_cents"),
    "max_amount_cents" = coalesce(max("max_amount_cents", NEW."amount_cents"), "max_amount_cents", NEW."amount_cents"),
    "sum_income_cents" = CASE WHEN typeof((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof("sum_income_cents" - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END + ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN "sum_income_cents" - CASE typeof((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) ELSE 0 END + ifnull((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_income_cents" = "cnt_income_cents" - ((CASE WHEN OLD."amount_cents" > 0 THEN OLD."amount_cents" ELSE 0 END) IS NOT NULL) + ((CASE WHEN NEW."amount_cents" > 0 THEN NEW."amount_cents" ELSE 0 END) IS NOT NULL),
    "sum_spent_cents" = CASE WHEN typeof((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END)) IN ('integer', 'null') AND typeof("sum_spent_cents" - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END + ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)) = 'integer' THEN "sum_spent_cents" - CASE typeof((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END)) WHEN 'integer' THEN (CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) ELSE 0 END + ifnull((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END), 0)
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_spent_cents" = "cnt_spent_cents" - ((CASE WHEN OLD."amount_cents" < 0 THEN - OLD."amount_cents" ELSE 0 END) IS NOT NULL) + ((CASE WHEN NEW."amount_cents" < 0 THEN - NEW."amount_cents" ELSE 0 END) IS NOT NULL)
    WHERE "exclude" = NEW."exclude" AND "month" = NEW."month" AND "expense_type" = NEW."expense_type" AND "category" = NEW."category" AND "subcategory" = NEW."subcategory";
  UPDATE "month_totals" SET "min_amount_cents" = (SELECT min(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = OLD."exclude" AND s."month" = OLD."month" AND s."expense_type" = OLD."expense_type" AND s."category" = OLD."category" AND s."subcategory" = OLD."subcategory"),
    "max_amount_cents" = (SELECT max(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = OLD."exclude" AND s."month" = OLD."month" AND s."expense_type" = OLD."expense_type" AND s."category" = OLD."category" AND s."subcategory" = OLD."subcategory")
    WHERE "exclude" = OLD."exclude" AND "month" = OLD."month" AND "expense_type" = OLD."expense_type" AND "category" = OLD."category" AND "subcategory" = OLD."subcategory" AND (OLD."amount_cents" <= "min_amount_cents" OR OLD."amount_cents" >= "max_amount_cents");
END;

CREATE TRIGGER freshet_rollup_inserting_month_totals BEFORE INSERT ON "transactions"
BEGIN
  DELETE FROM freshet_rollup_evicted_month_totals WHERE TRUE;
  INSERT INTO freshet_rollup_evicted_month_totals SELECT NULL, 0, v."id", v."exclude", v."month", v."expense_type", v."category", v."subcategory", v."amount_cents", (CASE WHEN v."amount_cents" > 0 THEN v."amount_cents" ELSE 0 END), (CASE WHEN v."amount_cents" < 0 THEN - v."amount_cents" ELSE 0 END)
    FROM "transactions" AS v WHERE v."id" = (NEW."id") COLLATE "BINARY"
    AND NOT EXISTS (SELECT 1 FROM freshet_rollup_evicted_month_totals WHERE v."id" IS r0 AND TRUE);
  INSERT INTO freshet_rollup_evicted_month_totals SELECT NULL, 0, v."id", v."exclude", v."month", v."expense_type", v."category", v."subcategory", v."amount_cents", (CASE WHEN v."amount_cents" > 0 THEN v."amount_cents" ELSE 0 END), (CASE WHEN v."amount_cents" < 0 THEN - v."amount_cents" ELSE 0 END)
    FROM "transactions" AS v WHERE v."import_id" = (NEW."import_id") COLLATE "BINARY"
    AND NOT EXISTS (SELECT 1 FROM freshet_rollup_evicted_month_totals WHERE v."id" IS r0 AND TRUE);
END;

CREATE TRIGGER freshet_rollup_updating_month_totals BEFORE UPDATE ON "transactions"
WHEN (OLD."id") COLLATE BINARY IS NOT (NEW."id") OR (OLD."import_id") COLLATE BINARY IS NOT (NEW."import_id")
BEGIN
  DELETE FROM freshet_rollup_evicted_month_totals WHERE TRUE;
  INSERT INTO freshet_rollup_evicted_month_totals SELECT NULL, 0, v."id", v."exclude", v."month", v."expense_type", v."category", v."subcategory", v."amount_cents", (CASE WHEN v."amount_cents" > 0 THEN v."amount_cents" ELSE 0 END), (CASE WHEN v."amount_cents" < 0 THEN - v."amount_cents" ELSE 0 END)
    FROM "transactions" AS v WHERE v."id" = (NEW."id") COLLATE "BINARY" AND (v."id" IS NOT OLD."id")
    AND NOT EXISTS (SELECT 1 FROM freshet_rollup_evicted_month_totals WHERE v."id" IS r0 AND TRUE);
  INSERT INTO freshet_rollup_evicted_month_totals SELECT NULL, 0, v."id", v."exclude", v."month", v."expense_type", v."category", v."subcategory", v."amount_cents", (CASE WHEN v."amount_cents" > 0 THEN v."amount_cents" ELSE 0 END), (CASE WHEN v."amount_cents" < 0 THEN - v."amount_cents" ELSE 0 END)
    FROM "transactions" AS v WHERE v."import_id" = (NEW."import_id") COLLATE "BINARY" AND (v."id" IS NOT OLD."id")
    AND NOT EXISTS (SELECT 1 FROM freshet_rollup_evicted_month_totals WHERE v."id" IS r0 AND TRUE);
END;

CREATE TRIGGER freshet_rollup_inserted_month_totals AFTER INSERT ON "transactions"
WHEN EXISTS (SELECT 1 FROM freshet_rollup_evicted_month_totals)
BEGIN
  UPDATE freshet_rollup_evicted_month_totals SET gone = 1 WHERE TRUE AND ((NEW."id" IS r0) OR NOT EXISTS (SELECT 1 FROM "transactions" AS s WHERE s."id" IS r0));
  DELETE FROM freshet_rollup_evicted_month_totals WHERE TRUE;
END;

CREATE TRIGGER freshet_rollup_updated_month_totals AFTER UPDATE ON "transactions"
WHEN ((OLD."id") COLLATE BINARY IS NOT (NEW."id") OR (OLD."import_id") COLLATE BINARY IS NOT (NEW."import_id")) AND EXISTS (SELECT 1 FROM freshet_rollup_evicted_month_totals)
BEGIN
  UPDATE freshet_rollup_evicted_month_totals SET gone = 1 WHERE TRUE AND ((NEW."id" IS r0) OR NOT EXISTS (SELECT 1 FROM "transactions" AS s WHERE s."id" IS r0));
  DELETE FROM freshet_rollup_evicted_month_totals WHERE TRUE;
END;

CREATE TRIGGER freshet_rollup_gone_month_totals AFTER UPDATE OF gone ON "freshet_rollup_evicted_month_totals"
WHEN NEW.gone
BEGIN
  UPDATE "month_totals" SET n = n - 1,
    "sum_amount_cents" = CASE WHEN typeof("sum_amount_cents" - CASE typeof(NEW.m0) WHEN 'integer' THEN NEW.m0 ELSE 0 END) = 'integer' THEN "sum_amount_cents" - CASE typeof(NEW.m0) WHEN 'integer' THEN NEW.m0 ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END,
    "sum_income_cents" = CASE WHEN typeof("sum_income_cents" - CASE typeof(NEW.m1) WHEN 'integer' THEN NEW.m1 ELSE 0 END) = 'integer' THEN "sum_income_cents" - CASE typeof(NEW.m1) WHEN 'integer' THEN NEW.m1 ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_income_cents" = "cnt_income_cents" - (NEW.m1 IS NOT NULL),
    "sum_spent_cents" = CASE WHEN typeof("sum_spent_cents" - CASE typeof(NEW.m2) WHEN 'integer' THEN NEW.m2 ELSE 0 END) = 'integer' THEN "sum_spent_cents" - CASE typeof(NEW.m2) WHEN 'integer' THEN NEW.m2 ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END,
    "cnt_spent_cents" = "cnt_spent_cents" - (NEW.m2 IS NOT NULL)
    WHERE "exclude" = NEW.g0 AND "month" = NEW.g1 AND "expense_type" = NEW.g2 AND "category" = NEW.g3 AND "subcategory" = NEW.g4;
  INSERT INTO "month_totals" SELECT NEW.g0, NEW.g1, NEW.g2, NEW.g3, NEW.g4, -1, CASE WHEN typeof(0 - CASE typeof(NEW.m0) WHEN 'integer' THEN NEW.m0 ELSE 0 END) = 'integer' THEN 0 - CASE typeof(NEW.m0) WHEN 'integer' THEN NEW.m0 ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: amount_cents must be an integer, and its sum fit into 64 bits') END, NULL, NULL, CASE WHEN typeof(0 - CASE typeof(NEW.m1) WHEN 'integer' THEN NEW.m1 ELSE 0 END) = 'integer' THEN 0 - CASE typeof(NEW.m1) WHEN 'integer' THEN NEW.m1 ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: income_cents must be an integer, and its sum fit into 64 bits') END, -(NEW.m1 IS NOT NULL), CASE WHEN typeof(0 - CASE typeof(NEW.m2) WHEN 'integer' THEN NEW.m2 ELSE 0 END) = 'integer' THEN 0 - CASE typeof(NEW.m2) WHEN 'integer' THEN NEW.m2 ELSE 0 END
      ELSE RAISE(ABORT, 'rollup month_totals: spent_cents must be an integer, and its sum fit into 64 bits') END, -(NEW.m2 IS NOT NULL)
    WHERE changes() = 0;
  DELETE FROM "month_totals" WHERE "exclude" = NEW.g0 AND "month" = NEW.g1 AND "expense_type" = NEW.g2 AND "category" = NEW.g3 AND "subcategory" = NEW.g4 AND n = 0 AND "sum_amount_cents" = 0 AND "sum_income_cents" = 0 AND "cnt_income_cents" = 0 AND "sum_spent_cents" = 0 AND "cnt_spent_cents" = 0;
  UPDATE "month_totals" SET "min_amount_cents" = (SELECT min(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = NEW.g0 AND s."month" = NEW.g1 AND s."expense_type" = NEW.g2 AND s."category" = NEW.g3 AND s."subcategory" = NEW.g4),
    "max_amount_cents" = (SELECT max(s."amount_cents") FROM "transactions" AS s WHERE s."exclude" = NEW.g0 AND s."month" = NEW.g1 AND s."expense_type" = NEW.g2 AND s."category" = NEW.g3 AND s."subcategory" = NEW.g4)
    WHERE "exclude" = NEW.g0 AND "month" = NEW.g1 AND "expense_type" = NEW.g2 AND "category" = NEW.g3 AND "subcategory" = NEW.g4 AND (NEW.m0 <= "min_amount_cents" OR NEW.m0 >= "max_amount_cents");
END;

CREATE TABLE IF NOT EXISTS freshet_rollups (
  name TEXT PRIMARY KEY,
  definition TEXT NOT NULL,
  state TEXT NOT NULL,  -- filling, complete
  filled_to,            -- of the first group column: what is counted up to there; NULL: nothing
  filled_rows INTEGER NOT NULL DEFAULT 0
);
INSERT INTO freshet_rollups (name, definition, state)
SELECT 'month_totals', 'month_totals of transactions by exclude, month, expense_type, category, subcategory; amount_cents = "amount_cents" sum min max; income_cents = case+else((>: "amount_cents", 0), "amount_cents", 0) sum; spent_cents = case+else((<: "amount_cents", 0), (- "amount_cents"), 0) sum',
  CASE WHEN EXISTS (SELECT 1 FROM "transactions") THEN 'filling' ELSE 'complete' END;

-- @down
DROP TRIGGER "freshet_rollup_insert_month_totals";
DROP TRIGGER "freshet_rollup_delete_month_totals";
DROP TRIGGER "freshet_rollup_move_month_totals";
DROP TRIGGER "freshet_rollup_update_month_totals";
DROP TRIGGER "freshet_rollup_inserting_month_totals";
DROP TRIGGER "freshet_rollup_updating_month_totals";
DROP TRIGGER "freshet_rollup_inserted_month_totals";
DROP TRIGGER "freshet_rollup_updated_month_totals";
DROP TRIGGER "freshet_rollup_gone_month_totals";
DROP TABLE "month_totals";
DROP TABLE "freshet_rollup_evicted_month_totals";
DELETE FROM freshet_rollups WHERE name = 'month_totals';
