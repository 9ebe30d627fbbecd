#include "db/query_plan.hpp"

#include "support.hpp"

namespace freshet::db {
namespace {

class QueryPlanTest : public ::testing::Test {
 protected:
  QueryPlanTest() {
    DatabaseOptions options;
    options.url = ":memory:";
    connection = open_connection(options);
    connection->execute(
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, month TEXT, kind TEXT, code TEXT UNIQUE, cents INTEGER);"
        "CREATE INDEX entries_by_month ON entries (month, kind);"
        "CREATE TABLE kinds (name TEXT);"
        "CREATE VIEW sums AS SELECT e.month, sum(e.cents) AS cents FROM entries AS e GROUP BY e.month;"
        "INSERT INTO kinds VALUES ('a'), ('b'), ('c');"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)"
        "INSERT INTO entries SELECT i, '2025-' || (i % 12), 'k' || (i % 2), 'c' || i, i FROM n;");
  }
  QueryPlan plan(std::string_view sql) {
    estimates = std::make_unique<RowEstimates>(*connection);
    return query_plan(*connection, sql, connection->catalog(), *estimates);
  }
  std::unique_ptr<Connection> connection;
  std::unique_ptr<RowEstimates> estimates;
};

TEST_F(QueryPlanTest, a_scan_goes_through_all_rows_which_are_counted) {
  const QueryPlan steps = plan("SELECT * FROM kinds AS k");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].table, "kinds");
  EXPECT_TRUE(steps[0].whole_table);
  EXPECT_EQ(steps[0].rows, 3);
  EXPECT_EQ(estimates->source("kinds"), RowEstimates::Source::counted);
}

TEST_F(QueryPlanTest, an_index_tells_how_many_rows_a_value_has_once_it_was_analyzed) {
  constexpr std::string_view sql = "SELECT * FROM entries WHERE month = ?1";
  EXPECT_EQ(plan(sql)[0].index, "entries_by_month");
  EXPECT_FALSE(plan(sql)[0].whole_table);
  EXPECT_EQ(plan(sql)[0].rows, std::nullopt);
  connection->execute("ANALYZE");
  EXPECT_EQ(plan(sql)[0].rows, 10);
  EXPECT_EQ(estimates->source("entries"), RowEstimates::Source::analyzed);
  EXPECT_EQ(plan("SELECT * FROM entries WHERE month = ?1 AND kind > ?2")[0].rows, std::nullopt);
}

TEST_F(QueryPlanTest, a_key_has_one_row) {
  EXPECT_EQ(plan("SELECT * FROM entries AS e WHERE e.id = ?1")[0].rows, 1);
  EXPECT_EQ(plan("SELECT * FROM entries AS e WHERE e.id = ?1")[0].table, "entries");
  EXPECT_EQ(plan("SELECT * FROM entries WHERE code = ?1")[0].rows, 1);
}

TEST_F(QueryPlanTest, steps_know_their_parents_and_names_within_views_are_found) {
  const QueryPlan steps = plan("SELECT name, (SELECT max(cents) FROM sums WHERE cents > 3) FROM kinds");
  ASSERT_GE(steps.size(), 3U);
  EXPECT_EQ(steps[0].parent, 0);
  EXPECT_EQ(steps[0].table, "kinds");
  const auto inner = std::ranges::find_if(steps, [](const PlanStep& step) { return step.table == "entries"; });
  ASSERT_NE(inner, steps.end());
  EXPECT_NE(inner->parent, 0);
}

}  // namespace
}  // namespace freshet::db
