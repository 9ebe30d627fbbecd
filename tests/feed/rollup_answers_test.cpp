// The property of answers from rollups: a statement that is rewritten answers what it did before, always.
// FRESHET_ROLLUP_QUERIES asks for more of them.

#include <algorithm>
#include <cstdlib>

#include "db/support.hpp"
#include "feed/rows.hpp"
#include "sql/rollup_match.hpp"

#include "rollup_world.hpp"

namespace freshet::feed::test {
namespace {

std::size_t queries_wanted() {
  const char* const text = std::getenv("FRESHET_ROLLUP_QUERIES");
  return text == nullptr ? 400 : std::strtoull(text, nullptr, 10);
}

// SELECTs over `t`, most of them such as a rollup might answer.
class RandomQuery {
 public:
  RandomQuery(Draw& draw, const sql::RollupDefinition& definition) : draw_(draw), definition_(definition) {}

  std::string select() {
    groups_.clear();
    std::string grouping;
    if (!draw_.one_in(3)) {
      for (const std::string& name : definition_.group_by) {
        if (draw_.one_in(2)) groups_.push_back(name);
      }
      if (draw_.one_in(12)) groups_.push_back(draw_.of({"u", "substr(a, 1, 1)", "b % 2", "f"}));
      grouping = groups_.empty() ? "" : fmt::format(" GROUP BY {}", fmt::join(groups_, ", "));
    }
    std::vector<std::string> targets;
    for (const std::string& group : groups_) {
      if (!draw_.one_in(4)) targets.push_back(group);
    }
    for (std::size_t i = 0, count = 1 + draw_.below(4); i < count; ++i) {
      targets.push_back(aggregate() +
                        (draw_.one_in(2) ? fmt::format(" AS {}", draw_.of({"n", "total", "x", "sum_x", "a"})) : ""));
    }
    std::string sql = fmt::format("SELECT {} FROM {}{}{}", fmt::join(targets, ", "),
                                  draw_.of({"t", "t", "t AS q", "t q"}), where(), grouping);
    if (draw_.one_in(5)) sql += fmt::format(" HAVING {} > {}", aggregate(), draw_.below(3));
    if (draw_.one_in(2)) sql += order();
    return sql;
  }

 private:
  std::string aggregate() {
    const std::string one = plain_aggregate();
    if (draw_.one_in(8)) return fmt::format("coalesce({}, -1) + 1", one);
    return one;
  }

  std::string plain_aggregate() {
    const std::string filter = draw_.one_in(6) ? fmt::format(" FILTER (WHERE {})", condition()) : "";
    switch (draw_.below(7)) {
      case 0:
      case 1:
        return draw_.of({"count(*)", "count(1)", "count()", "count(*)"}) + filter;
      case 2:
        return fmt::format("count({}{})", draw_.one_in(3) ? "DISTINCT " : "", draw_.of({"x", "y", "a", "b", "u"})) +
               filter;
      case 3:
        return fmt::format("{}({})", draw_.of({"min", "max"}), draw_.of({"x", "y", "b", "a", "u"})) + filter;
      case 4:
        return fmt::format("sum(CASE WHEN {} THEN {} {} END)", condition(), draw_.of({"x", "y", "1"}),
                           draw_.of({"", "ELSE 0"}));
      default:
        return fmt::format("{}({})", draw_.of({"sum", "sum", "avg", "total"}),
                           draw_.of({"x", "y", "x", "CASE WHEN x > 0 THEN x ELSE 0 END"})) +
               filter;
    }
  }

  std::string condition() {
    const std::string column = draw_.one_in(10) ? "x" : definition_.group_by[draw_.below(definition_.group_by.size())];
    const bool text = column == "a";
    const char* const value =
        text ? draw_.of({"'red'", "'RED'", "'blue'", "7", "NULL"}) : draw_.of({"0", "1", "2", "'1'", "NULL"});
    switch (draw_.below(6)) {
      case 0:
        return fmt::format("{} IN ({}, {})", column, value, text ? "'Red'" : "3");
      case 1:
        return fmt::format("{} IS {}NULL", column, draw_.of({"", "NOT "}));
      case 2:
        return fmt::format("({} = {} OR {} > {})", column, value, column, value);
      case 3:
        return fmt::format("{} BETWEEN {} AND {}", column, value, text ? "'s'" : "2");
      case 4:
        return draw_.one_in(4) ? fmt::format("lower({}) = 'red'", column) : fmt::format("{} IS NOT {}", column, value);
      default:
        return fmt::format("{} {} {}", column, draw_.of({"=", "=", "<", ">=", "!="}), value);
    }
  }

  std::string where() {
    std::vector<std::string> conditions;
    if (!definition_.filter.empty() && !draw_.one_in(5)) conditions.push_back("(" + definition_.filter + ")");
    while (draw_.one_in(2)) conditions.push_back(condition());
    return conditions.empty() ? "" : fmt::format(" WHERE {}", fmt::join(conditions, " AND "));
  }

  std::string order() {
    std::vector<std::string> keys = groups_;
    if (keys.empty() || draw_.one_in(3)) keys.insert(keys.begin(), draw_.of({"1", "count(*)", "n", "sum(x)"}));
    if (draw_.one_in(4) && keys.size() > 1) keys.pop_back();
    return fmt::format(" ORDER BY {} {}{}", fmt::join(keys, ", "), draw_.of({"", "DESC"}),
                       draw_.one_in(2) ? " LIMIT 2" : "");
  }

  Draw& draw_;
  const sql::RollupDefinition& definition_;
  std::vector<std::string> groups_;
};

// As the statement gives them; where it leaves the order open, in one of ours.
std::vector<std::string> answer(db::Connection& connection, const std::string& sql, bool in_order) {
  std::vector<std::string> rows;
  try {
    for (const auto& row : read_rows(connection, sql)) {
      std::string text;
      for (const Value& value : row) {
        const std::string shown = std::holds_alternative<double>(value) ? fmt::format("{:a}", std::get<double>(value))
                                                                        : sql::canonical_text(value);
        text += fmt::format("{}:{} | ", value.index(), shown);
      }
      rows.push_back(std::move(text));
    }
  } catch (const Error& error) {
    return {fmt::format("error {}", error.message())};
  }
  if (!in_order) std::ranges::sort(rows);
  return rows;
}

struct AnswerWorld {
  explicit AnswerWorld(std::uint64_t seed) : draw(seed), table(draw) {
    connection = db::open_connection({.url = "sqlite::memory:"});
    connection->execute(table.script);
    definition = random_definition(draw, table);
    rollup = std::make_unique<Rollup>(definition, read_rollup_source(*connection, definition));
    connection->execute(install_script(*rollup));
    for (int i = 0; i < 25; ++i) {
      try {
        connection->execute(random_write(draw, table));
      } catch (const Error&) {
        continue;  // it was refused, and changed nothing
      }
    }
  }
  Draw draw;
  RandomTable table;
  std::unique_ptr<db::Connection> connection;
  sql::RollupDefinition definition;
  std::unique_ptr<Rollup> rollup;
};

// Sums within what a double holds exactly: beyond that, SQLite's own avg depends on the order of the rows.
bool has_huge_values(db::Connection& connection) {
  return !connection
              .scalar(
                  "SELECT 1 FROM t WHERE abs(x) > 1000000 OR abs(y) > 1000000 OR typeof(x) = 'real' OR "
                  "typeof(y) NOT IN ('integer', 'null') OR typeof(x) NOT IN ('integer', 'null') LIMIT 1")
              .empty();
}

TEST(rollup_answers, a_rewritten_query_answers_what_it_did_before) {
  std::size_t rewritten = 0;
  std::size_t asked = 0;
  std::size_t with_rows = 0;
  for (std::uint64_t seed = 1; rewritten < queries_wanted(); ++seed) {
    ASSERT_LT(seed, 100 * queries_wanted()) << "hardly any query is answered from a rollup";
    AnswerWorld world(seed);
    if (world.connection->scalar("SELECT 1 FROM t WHERE x = -9223372036854775808 OR y = -9223372036854775808") == "1")
      continue;
    if (has_huge_values(*world.connection)) continue;
    for (int i = 0; i < 40; ++i) {
      std::string sql = RandomQuery(world.draw, world.definition).select();
      if (world.draw.one_in(6)) sql = fmt::format("SELECT * FROM ({}) AS inner_query", sql);
      ++asked;
      const auto other = sql::answer_from_rollups(sql, {world.rollup->table()}, false);
      if (!other) continue;
      const auto before = answer(*world.connection, sql, false);
      if (before.size() == 1 && before.front().starts_with("error")) continue;
      const bool in_order = sql.find(" LIMIT ") != std::string::npos;
      ASSERT_EQ(answer(*world.connection, sql, in_order), answer(*world.connection, other->text, in_order))
          << sql << "\n"
          << other->text << "\n"
          << world.table.script << canonical_text(world.definition) << "\nseed " << seed;
      ++rewritten;
      with_rows += before.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(with_rows, rewritten / 2);
  fmt::print("{} of {} queries were rewritten, {} of them with rows\n", rewritten, asked, with_rows);
}

}  // namespace
}  // namespace freshet::feed::test
