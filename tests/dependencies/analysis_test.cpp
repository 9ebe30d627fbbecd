#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "db/connection.hpp"
#include "db/database.hpp"
#include "sql/dependencies.hpp"
#include "sql/parameter.hpp"

namespace freshet::sql {
namespace {

class Analysis : public ::testing::Test {
 protected:
  Analysis() {
    db::DatabaseOptions options;
    options.url = ":memory:";
    connection = db::open_connection(options);
    connection->execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, month TEXT, category INTEGER, name TEXT COLLATE NOCASE, amount);"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, month TEXT, title TEXT);"
        "CREATE VIEW v AS SELECT month AS m, sum(amount) AS total FROM t GROUP BY month;"
        "CREATE VIRTUAL TABLE search USING fts5(body);");
  }
  Dependencies analysed(const std::string& sql) {
    return analyse(sql, db::schema_of(connection->catalog()), connection->describe(sql).reads);
  }
  // `t[category=:c,month=:m] c`
  std::string of(const std::string& sql) {
    std::string text;
    for (const TableDependency& entry : analysed(sql).tables) {
      text += (text.empty() ? "" : " ") + entry.table;
      std::string columns;
      for (const BoundColumn& column : entry.columns) {
        columns += (columns.empty() ? "" : ",") + column.column + "=";
        for (std::size_t i = 0; i < column.any_of.size(); ++i) {
          columns += (i == 0 ? "" : "|") + value(column.any_of[i]);
        }
        if (!column.when_given.empty()) columns += "?" + column.when_given;
      }
      if (!columns.empty()) text += "[" + columns + "]";
    }
    return text;
  }
  static std::string value(const BoundValue& bound) {
    if (!bound.parameter.empty()) return ":" + bound.parameter + (bound.list ? "*" : "");
    return canonical_text(bound.literal);
  }
  std::unique_ptr<db::Connection> connection;
};

TEST_F(Analysis, equality_with_a_parameter_or_a_literal_names_the_piece) {
  EXPECT_EQ(of("SELECT * FROM t WHERE month = :m"), "t[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE :m = t.month AND category == 3"), "t[category=3,month=:m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month IS :m"), "t[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month IS NULL"), "t[month=null]");
  EXPECT_EQ(of("SELECT * FROM t WHERE category IN (1, :c)"), "t[category=1|:c]");
  EXPECT_EQ(of("SELECT * FROM t WHERE category = 1 OR category = :c"), "t[category=1|:c]");
  EXPECT_EQ(of("SELECT * FROM t WHERE (:m IS NULL OR month = :m)"), "t[month=:m?m]");
}

TEST_F(Analysis, what_is_not_certain_is_the_whole_table) {
  EXPECT_EQ(of("SELECT * FROM t WHERE month >= :m"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE NOT month = :m"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = :m OR category = :c"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = upper(:m)"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = :m COLLATE NOCASE"), "t");
  EXPECT_EQ(of("SELECT (SELECT count(*) FROM t) AS n, month FROM t WHERE month = :m"), "t[month=:m] t");
}

TEST_F(Analysis, equality_goes_through_joins_of_alike_columns) {
  EXPECT_EQ(of("SELECT * FROM t JOIN c ON c.month = t.month WHERE t.month = :m"), "t[month=:m] c[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t JOIN c USING (month) WHERE t.month = :m"), "t[month=:m] c[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t JOIN c ON c.title = t.name WHERE t.name = :m"), "t[name=:m] c");
}

TEST_F(Analysis, the_optional_side_of_a_join_is_narrowed_by_its_own_condition_only) {
  EXPECT_EQ(of("SELECT * FROM t LEFT JOIN c ON c.month = :m"), "t c[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t LEFT JOIN c ON c.id = t.id WHERE c.month IS NULL"), "t c");
  EXPECT_EQ(of("SELECT * FROM t LEFT JOIN c ON c.month = t.month WHERE t.month = :m"), "t[month=:m] c[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t LEFT JOIN c ON t.month = :m"), "t c");
  EXPECT_EQ(of("SELECT * FROM t FULL JOIN c ON t.month = :m"), "t c");
}

TEST_F(Analysis, conditions_pass_into_views_common_tables_and_subqueries) {
  EXPECT_EQ(of("SELECT total FROM v WHERE m = :m"), "t[month=:m]");
  EXPECT_EQ(of("WITH w AS (SELECT * FROM t) SELECT * FROM w WHERE month = :m"), "t[month=:m]");
  EXPECT_EQ(of("WITH p AS (SELECT :m AS month) SELECT t.* FROM p JOIN t ON t.month = p.month"), "t[month=:m]");
  EXPECT_EQ(of("SELECT * FROM (SELECT * FROM t ORDER BY id LIMIT 5) AS s WHERE month = :m"), "t");
  EXPECT_EQ(of("SELECT * FROM (SELECT month, sum(amount) OVER () AS s FROM t) AS s WHERE month = :m"), "t");
  EXPECT_EQ(of("SELECT * FROM (SELECT month, max(amount) AS s FROM t) AS s WHERE month = :m"), "t");
  EXPECT_EQ(of("SELECT * FROM (SELECT month FROM t UNION ALL SELECT month FROM c) AS u WHERE month = :m"),
            "t[month=:m] c[month=:m]");
  EXPECT_EQ(of("SELECT month FROM t WHERE month = :m UNION SELECT month FROM c"), "t[month=:m] c");
}

TEST_F(Analysis, correlated_subqueries_know_what_holds_around_them) {
  EXPECT_EQ(of("SELECT (SELECT count(*) FROM c WHERE c.month = t.month) FROM t WHERE t.month = :m"),
            "t[month=:m] c[month=:m]");
}

TEST_F(Analysis, every_reference_counts) {
  EXPECT_EQ(of("SELECT * FROM t a JOIN t b ON b.category = a.category WHERE a.month = :m"), "t[month=:m] t");
}

TEST_F(Analysis, volatile_functions_and_virtual_tables_are_not_cacheable) {
  EXPECT_FALSE(analysed("SELECT random() FROM t").cacheable);
  EXPECT_FALSE(analysed("SELECT * FROM t WHERE month = CURRENT_DATE").cacheable);
  EXPECT_FALSE(analysed("SELECT * FROM t WHERE month = now()").cacheable);
  EXPECT_FALSE(analysed("SELECT * FROM t WHERE month = date(' NOW ')").cacheable);
  EXPECT_FALSE(analysed("SELECT date() FROM t").cacheable);
  EXPECT_TRUE(analysed("SELECT date(month, '+1 day') FROM t").cacheable);
  EXPECT_FALSE(analysed("SELECT * FROM search").cacheable);
  EXPECT_EQ(analysed("SELECT date(:day) FROM t").time_parameters, std::vector<std::string>{"day"});
}

}  // namespace
}  // namespace freshet::sql
