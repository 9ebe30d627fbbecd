#include "random_statement.hpp"

#include <array>

#include <fmt/format.h>

namespace freshet::testing {
namespace {

constexpr std::array literals{"1",   "-1",  "-1",  "1",   "2",     "'a'", "'a'", "NULL", "1",   "2",    "3",
                              "1.0", "2.5", "'1'", "'2'", "'1.0'", "'a'", "'A'", "'a '", "'b'", "x'61'"};
constexpr std::array types{"INTEGER", "INTEGER", "TEXT", "TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM",
                           "REAL",    "NUMERIC", "",     "DATE"};

/// A query in the making: each SELECT knows the names that it may use.
class Generator {
 public:
  Generator(Random& random, const RandomSchema& schema) : random_(random), schema_(schema) {}

  std::string query() {
    std::string with;
    if (random_.chance(25)) {
      const bool recursive = random_.chance(25);
      with = recursive ? fmt::format("WITH RECURSIVE w(k, v) AS ({} UNION SELECT x.k, w.v FROM w JOIN {} AS x ON {}) ",
                                     pair_select(1), table(), random_.of(recursive_conditions))
                       : fmt::format("WITH w(k, v) AS ({}) ", pair_select(1));
      has_with_ = true;
    }
    std::string body = pair_select(0);
    if (random_.chance(10)) body += fmt::format(" {} {}", random_.of(set_operations), pair_select(1));
    return with + body;
  }

  /// A SELECT of two columns named k and v.
  std::string pair_select(unsigned depth) {
    const unsigned sources = 1 + static_cast<unsigned>(random_(depth == 0 ? 3 : 2));
    const std::size_t outer = names_.size();
    const std::string from = from_clause(sources, depth);
    std::string sql = fmt::format("SELECT {}{} FROM {}", random_.chance(10) ? "DISTINCT " : "", targets(depth), from);
    if (random_.chance(75)) sql += " WHERE " + conditions(depth, 1 + random_(2));
    if (grouped_) {
      sql += fmt::format(" GROUP BY {}", group_);
      if (random_.chance(15)) sql += " HAVING " + condition(depth);
    }
    if (random_.chance(10)) sql += fmt::format(" ORDER BY 1, 2 LIMIT {}", 1 + random_(3));
    names_.resize(outer);
    return sql;
  }

 private:
  static constexpr std::array recursive_conditions{"x.k = w.k", "x.v = w.k", "x.k = :p", "x.v = w.v AND x.k = :q"};
  static constexpr std::array set_operations{"UNION", "UNION ALL", "EXCEPT", "INTERSECT"};
  static constexpr std::array joins{"JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};

  std::string table() { return random_.of(schema_.tables).name; }

  std::string source(unsigned depth) {
    if (depth < 2 && random_.chance(20)) {
      const bool grouped = grouped_;
      const std::string group = group_;
      std::string select = fmt::format("({})", sealed_select(depth + 1));
      grouped_ = grouped;
      group_ = group;
      return select;
    }
    if (has_with_ && random_.chance(35)) return "w";
    if (!schema_.views.empty() && random_.chance(20)) return random_.of(schema_.views);
    return table();
  }

  /// A subquery in FROM does not see its neighbours.
  std::string sealed_select(unsigned depth) {
    std::vector<std::string> hidden;
    hidden.swap(names_);
    std::string select = pair_select(depth);
    if (random_.chance(15)) select += fmt::format(" {} {}", random_.of(set_operations), pair_select(depth));
    hidden.swap(names_);
    return select;
  }

  std::string from_clause(unsigned count, unsigned depth) {
    std::string from;
    for (unsigned i = 0; i < count; ++i) {
      const std::string alias = fmt::format("s{}", next_++);
      const std::string what = source(depth);
      if (i == 0) {
        names_.push_back(alias);
        from = fmt::format("{} AS {}", what, alias);
      } else if (random_.chance(20)) {
        names_.push_back(alias);
        from += fmt::format(", {} AS {}", what, alias);
      } else if (random_.chance(10)) {
        from += fmt::format(" JOIN {} AS {} USING (k)", what, alias);
        names_.push_back(alias);
      } else {
        names_.push_back(alias);
        from += fmt::format(" {} {} AS {} ON {}", random_.of(joins), what, alias, condition(depth));
      }
    }
    return from;
  }

  std::string targets(unsigned depth) {
    grouped_ = false;
    const std::string k = random_.chance(10) ? value() : column();
    const std::size_t kind = random_(10);
    if (kind == 0) {
      grouped_ = true;
      group_ = random_.chance(70) ? k : column();
      if (group_ == "NULL" || group_.front() == ':') group_ = column();
      return fmt::format("{} AS k, count(*) AS v", k);
    }
    if (kind == 1) return fmt::format("max({}) AS k, count({}) AS v", column(), column());
    if (kind == 2) return fmt::format("{} AS k, count(*) OVER (PARTITION BY {}) AS v", k, column());
    if (kind == 3 && depth < 2) return fmt::format("{} AS k, (SELECT count(*) FROM {}) AS v", k, correlated(depth));
    if (kind == 4) return fmt::format("{} AS k, {} || 'x' AS v", k, column());
    return fmt::format("{} AS k, {} AS v", k, column());
  }

  /// FROM … WHERE of a subquery that may look at what is around it.
  std::string correlated(unsigned depth) {
    const std::string alias = fmt::format("s{}", next_++);
    const std::string what = has_with_ && random_.chance(20) ? "w" : table();
    names_.push_back(alias);
    std::string text = fmt::format("{0} AS {1} WHERE {1}.{2} = {3}", what, alias, random_.chance(60) ? "k" : "v",
                                   random_.chance(60) ? column() : value());
    if (random_.chance(40)) text += " AND " + condition(depth + 1);
    names_.pop_back();
    return text;
  }

  std::string column() { return fmt::format("{}.{}", random_.of(names_), random_.chance(60) ? "k" : "v"); }
  std::string value() {
    return random_.chance(65) ? random_.of(std::array{":p", ":p", ":q"}) : random_literal(random_);
  }

  std::string conditions(unsigned depth, std::size_t count) {
    std::string text = condition(depth);
    for (std::size_t i = 1; i < count; ++i) text += " AND " + condition(depth);
    return text;
  }

  std::string condition(unsigned depth) {
    switch (random_(23)) {
      case 0:
        return fmt::format("{} IN (:l)", column());
      case 1:
        return fmt::format("{} IN ({}, {})", column(), value(), value());
      case 2:
        return fmt::format("{} IS {}", column(), value());
      case 3:
        return fmt::format("({} = {} OR {} = {})", column(), value(), column(), value());
      case 4:
        return fmt::format("(:q IS NULL OR {} = :q)", column());
      case 5:
        return fmt::format("{} > {}", column(), value());
      case 6:
        return fmt::format("{} <> {}", column(), value());
      case 7:
        return fmt::format("NOT {} = {}", column(), value());
      case 8:
        return fmt::format("{} = {} COLLATE {}", column(), value(), random_.chance(50) ? "NOCASE" : "BINARY");
      case 9:
        return fmt::format("{} IS NOT {}", column(), value());
      case 10:
        if (depth < 2) return fmt::format("EXISTS (SELECT 1 FROM {})", correlated(depth));
        [[fallthrough]];
      case 11:
        if (depth < 2) return fmt::format("NOT EXISTS (SELECT 1 FROM {})", correlated(depth));
        [[fallthrough]];
      case 12:
        if (depth < 2) return fmt::format("{} IN (SELECT v FROM {})", column(), correlated(depth));
        [[fallthrough]];
      case 13:
      case 14:
      case 15:
        return fmt::format("{} = {}", column(), column());
      case 16:
        return fmt::format("{} = {}", value(), column());
      case 17:
        return fmt::format("{} = coalesce(:q, {})", column(), random_.chance(50) ? value() : column());
      case 18:
        return fmt::format("{} BETWEEN coalesce(:q, {}) AND ifnull(:q, {})", column(), value(), value());
      case 19:
        return fmt::format("({} = coalesce(:q, {}) OR {} = {})", column(), value(), column(), value());
      default:
        return fmt::format("{} = {}", column(), value());
    }
  }

  Random& random_;
  const RandomSchema& schema_;
  std::vector<std::string> names_;
  std::string group_;
  bool grouped_ = false;
  bool has_with_ = false;
  unsigned next_ = 0;
};

}  // namespace

std::string random_literal(Random& random) { return random.of(literals); }

Value random_value(Random& random) {
  switch (random(12)) {
    case 0:
      return Null{};
    case 1:
      return true;
    case 2:
      return 2.5;
    case 3:
      return 1.0;
    case 4:
      return std::string("a");
    case 5:
      return std::string("A");
    case 6:
      return std::string("a ");
    case 7:
      return std::string("1");
    case 8:
      return std::string(random.chance(50) ? "1.0" : "2.5");
    case 9:
      return std::string("b");
    default:
      return static_cast<std::int64_t>(1 + random(3));
  }
}

RandomSchema random_schema(Random& random) {
  RandomSchema schema;
  for (int t = 0; t < 3; ++t) {
    RandomTable table{.name = fmt::format("t{}", t), .columns = {"id", "k", "v"}};
    schema.script += fmt::format("CREATE TABLE {}(id INTEGER PRIMARY KEY, k {}, v {});\n", table.name, random.of(types),
                                 random.of(types));
    if (random.chance(30)) schema.script += fmt::format("CREATE INDEX i{0} ON t{0}(k);\n", t);
    for (std::size_t id = 1, rows = 1 + random(6); id <= rows; ++id) {
      schema.script += fmt::format("INSERT INTO {} VALUES({}, {}, {});\n", table.name, id, random_literal(random),
                                   random_literal(random));
    }
    schema.tables.push_back(std::move(table));
  }
  for (int v = 0; v < 2; ++v) {
    RandomSchema tables_only{.tables = schema.tables, .views = {}, .script = {}};
    std::string query = Generator(random, tables_only).pair_select(1);
    for (const std::string_view name : {":p", ":q", ":l"}) {
      for (std::size_t at = query.find(name); at != std::string::npos; at = query.find(name)) {
        query.replace(at, name.size(), random_literal(random));
      }
    }
    schema.script += fmt::format("CREATE VIEW v{} AS {};\n", v, query);
    schema.views.push_back(fmt::format("v{}", v));
  }
  return schema;
}

std::string random_query(Random& random, const RandomSchema& schema) { return Generator(random, schema).query(); }

std::string random_write(Random& random, const RandomTable& table, std::int64_t id) {
  switch (random(4)) {
    case 0:
      return fmt::format("DELETE FROM {} WHERE id = {}", table.name, id);
    case 1:
      return fmt::format("UPDATE {} SET {} = {} WHERE id = {}", table.name, random.chance(50) ? "k" : "v",
                         random_literal(random), id);
    default:
      return fmt::format("INSERT OR REPLACE INTO {} VALUES({}, {}, {})", table.name, id, random_literal(random),
                         random_literal(random));
  }
}

}  // namespace freshet::testing
