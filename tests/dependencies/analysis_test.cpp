#include <memory>
#include <regex>
#include <string>
#include <vector>

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
    return analyse(sql, db::schema_of(connection->catalog()), connection->describe(placed(sql)).reads, earlier);
  }
  // As the database takes it: `:period.month` is a parameter like any.
  static std::string placed(const std::string& sql) {
    return std::regex_replace(sql, std::regex(":(period|other)\\."), ":$1_");
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
    if (bound.months_later) return "month_add(:" + bound.parameter + "," + std::to_string(*bound.months_later) + ")";
    if (!bound.parameter.empty()) return ":" + bound.parameter + (bound.list ? "*" : "");
    return canonical_text(bound.literal);
  }
  std::unique_ptr<db::Connection> connection;
  std::vector<EarlierStatement> earlier;
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

TEST_F(Analysis, integers_keep_their_sign) {
  EXPECT_EQ(of("SELECT * FROM t WHERE category = -1"), "t[category=-1]");
  EXPECT_EQ(of("SELECT * FROM t WHERE category IN (0, -2, -9999999999)"), "t[category=0|-2|-9999999999]");
  EXPECT_EQ(of("SELECT * FROM t WHERE category = - 1"), "t[category=-1]");
  EXPECT_EQ(of("SELECT * FROM t WHERE category = -(3)"), "t");
}

TEST_F(Analysis, a_comma_before_a_join_whose_sides_matter_is_read_as_the_database_reads_it_or_not_at_all) {
  EXPECT_EQ(of("SELECT 1 FROM t, t AS u JOIN c USING (month) WHERE u.month = :m"), "c t");
  EXPECT_EQ(of("SELECT 1 FROM t, c RIGHT JOIN c AS d ON d.id = c.id WHERE t.month = :m"), "c t");
  EXPECT_EQ(of("SELECT 1 FROM t JOIN c USING (month), c AS d WHERE t.month = :m"), "t[month=:m] c[month=:m] c");
  EXPECT_EQ(of("SELECT 1 FROM t, c LEFT JOIN c AS d ON d.month = t.month WHERE t.month = :m"),
            "t[month=:m] c c[month=:m]");
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

TEST_F(Analysis, a_parameter_with_a_value_that_stands_in_names_the_piece_while_it_is_given) {
  EXPECT_EQ(of("SELECT * FROM t WHERE month = coalesce(:m, month_of(now()))"), "t[month=:m?m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE ifnull(:m, '2025-01') = month"), "t[month=:m?m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month BETWEEN coalesce(:m, :a) AND coalesce(:m, :b)"), "t[month=:m?m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month BETWEEN :m AND :m"), "t[month=:m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = coalesce(:m, 'x') OR month = 'y'"), "t[month=:m|y?m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE :m IS NULL OR month = coalesce(:m, 'x')"), "t[month=:m?m]");
}

TEST_F(Analysis, a_value_that_may_be_another_is_the_whole_table) {
  EXPECT_EQ(of("SELECT * FROM t WHERE month = coalesce(name, :m)"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = coalesce(:m, 'x' COLLATE NOCASE)"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month IS coalesce(:m, 'x')"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month BETWEEN :a AND :b"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month NOT BETWEEN :m AND :m"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month BETWEEN coalesce(:a, :m) AND coalesce(:b, :m)"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = coalesce(:a, 'x') OR month = coalesce(:b, 'y')"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE :a IS NULL OR month = coalesce(:b, 'y')"), "t");
}

TEST_F(Analysis, a_month_before_or_after_a_parameter_is_a_piece) {
  EXPECT_EQ(of("SELECT * FROM t WHERE month = month_add(:m, -1)"), "t[month=month_add(:m,-1)]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = month_add(coalesce(:m, 'x'), 12)"), "t[month=month_add(:m,12)?m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = month_add(:m, :n)"), "t");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = month_add(month_add(:m, 1), 1)"), "t");
}

TEST_F(Analysis, what_an_earlier_statement_makes_of_a_parameter_is_known) {
  const std::string first =
      "SELECT coalesce(:m, month_of(now())) AS month, month_add(:m, -1) AS before, :c AS c, 1 AS one";
  earlier.push_back({.name = "period", .outputs = analysed(first).outputs});
  EXPECT_EQ(of("SELECT * FROM t WHERE month = :period.month AND category = :period.c"), "t[category=:c,month=:m?m]");
  EXPECT_EQ(of("SELECT * FROM t WHERE month = :period.before"), "t[month=month_add(:m,-1)]");
  EXPECT_EQ(of("SELECT * FROM t WHERE category = :period.one OR category IN (:period.c) OR month = :other.month"), "t");
}

TEST_F(Analysis, what_may_have_no_row_or_several_is_not_known) {
  for (const char* sql : {"SELECT :m AS month WHERE :m <> ''", "SELECT :m AS month FROM c",
                          "SELECT :m AS month LIMIT 0", "SELECT :m AS month UNION SELECT :m"}) {
    EXPECT_TRUE(analysed(sql).outputs.empty()) << sql;
  }
}

TEST_F(Analysis, a_moment_that_a_parameter_stands_in_for_counts_while_that_is_not_given) {
  using Guards = std::vector<std::vector<std::string>>;
  const Dependencies one = analysed("SELECT * FROM t WHERE month = coalesce(:m, month_of(now()))");
  EXPECT_TRUE(one.cacheable) << one.reason;
  EXPECT_EQ(one.moment_unless, (Guards{{"m"}}));
  EXPECT_EQ(analysed("SELECT coalesce(:a, month_add(coalesce(:b, now()), -1)), ifnull(:c, now())").moment_unless,
            (Guards{{"a", "b"}, {"c"}}));
  EXPECT_EQ(analysed("SELECT coalesce(:d, date('now'))").moment_unless, (Guards{{"d"}}));
  EXPECT_EQ(analysed("SELECT date(coalesce(:d, 'now'))").moment_unless, (Guards{{"d"}}));
  EXPECT_EQ(analysed("SELECT date(coalesce(:d, 'now'))").time_parameters, std::vector<std::string>{"d"});
  EXPECT_FALSE(analysed("SELECT coalesce(:m, now()), now()").cacheable);
  EXPECT_FALSE(analysed("SELECT coalesce(now(), :m)").cacheable);
  EXPECT_FALSE(analysed("SELECT coalesce(month, now()) FROM t").cacheable);
  EXPECT_FALSE(analysed("SELECT coalesce(upper(:m), now())").cacheable);
  EXPECT_FALSE(analysed("SELECT coalesce(:m, CURRENT_DATE)").cacheable);
  EXPECT_FALSE(analysed("SELECT date(trim('now')) FROM t").cacheable);
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
