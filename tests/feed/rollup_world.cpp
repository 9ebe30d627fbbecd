#include "rollup_world.hpp"

namespace freshet::feed::test {
namespace {

std::string value_of(Draw& draw, std::string_view column) {
  if (draw.one_in(9)) return "NULL";
  if (column == "id" || column == "k1" || column == "parent") return std::to_string(1 + draw.below(9));
  if (column == "k2" || column == "u") return draw.of({"'a'", "'A'", "'b'", "'c'", "'d'"});
  if (column == "a") return draw.of({"'red'", "'Red'", "'blue'", "''", "'7'"});
  if (column == "f") return draw.of({"0", "1", "1"});
  if (column == "b" || column == "w") return std::to_string(draw.below(4));
  if (draw.one_in(60))
    return draw.of({"'text'", "1.5", "9223372036854775807", "-9223372036854775808", "x'00'", "'12'"});
  return std::to_string(static_cast<int>(draw.below(41)) - 20);
}

std::vector<std::string> written_columns(const RandomTable& table) {
  std::vector<std::string> columns{"a", "b", "x", "y", "f", "u", "w", "parent", "note"};
  if (table.has_id) columns.insert(columns.begin(), "id");
  if (table.without_rowid) columns.insert(columns.begin(), {"k1", "k2"});
  return columns;
}

std::string condition(Draw& draw, const RandomTable& table) {
  const std::vector<std::string> columns = written_columns(table);
  const std::string& column = columns[draw.below(columns.size() - 1)];
  if (draw.one_in(8)) return "TRUE";
  return fmt::format("{} {} {}", column, draw.of({"=", "=", "<", ">", "IS"}), value_of(draw, column));
}

std::string assignments(Draw& draw, const RandomTable& table) {
  const std::vector<std::string> columns = written_columns(table);
  std::string out;
  for (std::size_t i = 0, count = 1 + draw.below(3); i < count; ++i) {
    const std::string& column = columns[draw.below(columns.size())];
    if (out.find(column + " =") != std::string::npos) continue;
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", column, value_of(draw, column));
  }
  return out;
}

std::string insert(Draw& draw, const RandomTable& table) {
  std::vector<std::string> columns;
  for (const std::string& column : written_columns(table)) {
    const bool key = column == "k1" || column == "k2";
    if (key || !draw.one_in(4)) columns.push_back(column);
  }
  std::vector<std::string> rows;
  for (std::size_t i = 0, count = draw.one_in(3) ? 3 : 1; i < count; ++i) {
    std::vector<std::string> values;
    for (const std::string& column : columns) values.push_back(value_of(draw, column));
    rows.push_back(fmt::format("({})", fmt::join(values, ", ")));
  }
  const char* verb = draw.of({"INSERT", "INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL",
                              "INSERT OR ROLLBACK", "INSERT OR REPLACE"});
  std::string out = fmt::format("{} INTO t ({}) VALUES {}", verb, fmt::join(columns, ", "), fmt::join(rows, ", "));
  if (draw.one_in(4)) {
    out += draw.one_in(2) ? " ON CONFLICT DO NOTHING"
                          : fmt::format(" ON CONFLICT DO UPDATE SET {}", assignments(draw, table));
  }
  return out;
}

std::string user_triggers(Draw& draw) {
  std::string out;
  if (draw.one_in(2)) {
    out += "CREATE TRIGGER touch AFTER UPDATE ON t BEGIN UPDATE t SET note = 'touched' WHERE u IS NEW.u; END;\n";
  }
  if (draw.one_in(2)) {
    out +=
        "CREATE TRIGGER fix AFTER INSERT ON t WHEN NEW.x < 0 BEGIN UPDATE t SET x = -NEW.x, b = 1 WHERE x = NEW.x; "
        "END;\n";
  }
  if (draw.one_in(3)) {
    out +=
        "CREATE TRIGGER again AFTER INSERT ON t WHEN NEW.x = 3 BEGIN "
        "INSERT OR REPLACE INTO t (a, b, x, u) VALUES ('again', 2, 4, 'b'); END;\n";
  }
  if (draw.one_in(3)) {
    out += "CREATE TRIGGER drop_more AFTER DELETE ON t BEGIN DELETE FROM t WHERE x = OLD.x + 1; END;\n";
  }
  if (draw.one_in(4)) {
    out += "CREATE TRIGGER unwanted BEFORE INSERT ON t WHEN NEW.x = 5 BEGIN SELECT RAISE(IGNORE); END;\n";
  }
  return out;
}

}  // namespace

RandomTable::RandomTable(Draw& draw) {
  const std::size_t kind = draw.below(4);
  has_id = kind <= 1;
  without_rowid = kind == 2;
  const auto maybe_not_null = [&](const char* fallback) {
    return draw.one_in(2) ? fmt::format(" NOT NULL DEFAULT {}", fallback) : std::string();
  };
  std::string columns;
  if (has_id) columns += "  id INTEGER PRIMARY KEY,\n";
  if (without_rowid) columns += "  k1 INTEGER, k2 TEXT" + std::string(draw.of({"", " COLLATE NOCASE"})) + ",\n";
  const bool no_case = draw.one_in(4);
  columns += fmt::format("  a TEXT{}{},\n", no_case ? " COLLATE NOCASE" : "", maybe_not_null("'red'"));
  columns += fmt::format("  b INTEGER{},\n", maybe_not_null("1"));
  columns += fmt::format("  x INTEGER{},\n", maybe_not_null("2"));
  columns += "  y INTEGER,\n";
  columns += fmt::format("  f BOOLEAN{},\n", maybe_not_null("0"));
  columns +=
      fmt::format("  u TEXT{}{},\n", maybe_not_null("'b'"),
                  draw.of({"", " UNIQUE", " UNIQUE", " UNIQUE ON CONFLICT REPLACE", " UNIQUE ON CONFLICT IGNORE"}));
  columns += "  w INTEGER,\n";
  self_reference = has_id && draw.one_in(3);
  const char* action = draw.of({"CASCADE", "SET NULL"});
  columns += self_reference
                 ? fmt::format("  parent INTEGER REFERENCES t (id) ON DELETE {} ON UPDATE CASCADE,\n", action)
                 : fmt::format("  parent INTEGER REFERENCES p (id) ON DELETE {} ON UPDATE CASCADE,\n", action);
  columns += "  note TEXT,\n  g INTEGER GENERATED ALWAYS AS (b % 2) " + std::string(draw.of({"VIRTUAL", "STORED"}));
  if (without_rowid) columns += ",\n  PRIMARY KEY (k1, k2)";
  script =
      "CREATE TABLE p (id INTEGER PRIMARY KEY);\nINSERT INTO p VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9);\n";
  script += fmt::format("CREATE TABLE t (\n{}\n){};\n", columns, without_rowid ? " WITHOUT ROWID" : "");
  if (draw.one_in(3)) script += "CREATE UNIQUE INDEX t_partial ON t (w) WHERE w > 1;\n";
  if (draw.one_in(3)) script += "CREATE UNIQUE INDEX t_expression ON t (lower(u) DESC, w);\n";
  if (draw.one_in(3)) script += "CREATE UNIQUE INDEX t_collated ON t (u COLLATE NOCASE, b);\n";
  if (draw.one_in(3)) script += user_triggers(draw);
  group_columns = {"a", "b", "g", "f"};
}

sql::RollupDefinition random_definition(Draw& draw, const RandomTable& table) {
  sql::RollupDefinition out;
  out.name = "r";
  out.source = "t";
  for (const std::string& column : table.group_columns) {
    if (draw.one_in(2)) out.group_by.push_back(column);
  }
  if (out.group_by.empty()) out.group_by.push_back("a");
  out.filter = draw.of({"", "", "f = FALSE", "NOT f", "a = 'red'", "x > 0 AND a IS NOT NULL", "b IN (1, 2)",
                        "y BETWEEN -5 AND 5 OR y IS NULL", "lower(a) = 'red'", "coalesce(f, 0) = 0", "g = 1"});
  using sql::RollupAggregate;
  if (!draw.one_in(4)) add_measure(out, "x", RollupAggregate::sum);
  if (draw.one_in(2)) add_measure(out, "y", RollupAggregate::sum);
  if (draw.one_in(3)) add_measure(out, "CASE WHEN x > 0 THEN x ELSE 0 END AS gain", RollupAggregate::sum);
  if (draw.one_in(3)) add_measure(out, "x", RollupAggregate::min);
  if (draw.one_in(3)) add_measure(out, "y", RollupAggregate::max);
  if (draw.one_in(5)) add_measure(out, "u", RollupAggregate::max);
  return out;
}

std::string random_write(Draw& draw, const RandomTable& table) {
  switch (draw.below(8)) {
    case 0:
      return fmt::format("DELETE FROM t WHERE {}", condition(draw, table));
    case 1:
    case 2:
      return fmt::format("UPDATE {} t SET {} WHERE {}",
                         draw.of({"", "", "OR REPLACE", "OR REPLACE", "OR IGNORE", "OR FAIL"}),
                         assignments(draw, table), condition(draw, table));
    case 3:
      if (!table.self_reference) {
        return draw.one_in(2) ? fmt::format("DELETE FROM p WHERE id = {}", 1 + draw.below(9))
                              : fmt::format("INSERT OR IGNORE INTO p VALUES ({})", 1 + draw.below(9));
      }
      [[fallthrough]];
    default:
      return insert(draw, table);
  }
}

}  // namespace freshet::feed::test
