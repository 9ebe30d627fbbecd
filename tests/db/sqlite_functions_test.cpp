#include "db/sqlite/functions.hpp"

#include "support.hpp"

namespace freshet::db::sqlite {
namespace {

using test::error_of;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class Functions : public ::testing::Test {
 protected:
  Functions() {
    DatabaseOptions options;
    options.url = ":memory:";
    connection = open_connection(options);
  }
  std::string value(const std::string& expression) { return test::query(*connection, "SELECT " + expression).front(); }
  Error error(const std::string& expression) {
    return error_of([&] { value(expression); });
  }
  std::unique_ptr<Connection> connection;
};

TEST_F(Functions, to_minor_is_exact) {
  const std::pair<const char*, const char*> cases[] = {
      {"to_minor('12.50', 2)", "1250"},
      {"to_minor('-0.01', 2)", "-1"},
      {"to_minor('12', 2)", "1200"},
      {"to_minor(12, 2)", "1200"},
      {"to_minor(0.1, 2)", "10"},
      {"to_minor(1.1, 2)", "110"},
      {"to_minor(4.35, 2)", "435"},
      {"to_minor('12.500', 2)", "1250"},
      {"to_minor('1.5e3', 0)", "1500"},
      {"to_minor('92233720368547758.07', 2)", "9223372036854775807"},
      {"to_minor(NULL, 2)", "null"},
      {"to_minor('5', NULL)", "null"},
      {"typeof(to_minor('1', 2))", "integer"},
  };
  for (const auto& [expression, expected] : cases) EXPECT_EQ(value(expression), expected) << expression;
}

TEST_F(Functions, to_minor_refuses_what_it_would_have_to_round_or_guess) {
  for (const char* expression :
       {"to_minor('12.345', 2)", "to_minor('92233720368547758.08', 2)", "to_minor('abc', 2)", "to_minor('', 2)",
        "to_minor(' 1', 2)", "to_minor('1,5', 2)", "to_minor('1', -1)", "to_minor('1', 19)", "to_minor('1', 'x')",
        "to_minor(x'31', 2)", "to_minor(9e999, 2)"}) {
    const Error refused = error(expression);
    EXPECT_EQ(refused.kind(), ErrorKind::unprocessable) << expression;
    EXPECT_FALSE(refused.message().empty()) << expression;
  }
}

TEST_F(Functions, from_minor_writes_exact_decimals_and_is_the_inverse) {
  EXPECT_EQ(value("from_minor(1250, 2)"), "12.50");
  EXPECT_EQ(value("from_minor(-1, 2)"), "-0.01");
  EXPECT_EQ(value("from_minor(5, 0)"), "5");
  EXPECT_EQ(value("from_minor(-9223372036854775807 - 1, 2)"), "-92233720368547758.08");
  EXPECT_EQ(value("from_minor(NULL, 2)"), "null");
  EXPECT_EQ(value("to_minor(from_minor(9223372036854775807, 4), 4)"), "9223372036854775807");
}

TEST_F(Functions, from_minor_refuses_amounts_that_are_not_integers) {
  EXPECT_EQ(error("from_minor(12.5, 2)").kind(), ErrorKind::unprocessable);
  EXPECT_EQ(error("from_minor('12', 2)").kind(), ErrorKind::unprocessable);
}

TEST_F(Functions, months) {
  const std::pair<const char*, const char*> cases[] = {
      {"month_of('2025-01-31')", "2025-01"},
      {"month_of('2025-01-31T23:59:59Z')", "2025-01"},
      {"month_of('2025-01')", "2025-01"},
      {"month_of('31.01.2025')", "null"},
      {"month_of('2025-13-01')", "null"},
      {"month_of(NULL)", "null"},
      {"month_add('2025-01', 1)", "2025-02"},
      {"month_add('2025-01', -1)", "2024-12"},
      {"month_add('2025-12', 13)", "2027-01"},
      {"month_add('2025-01', -24)", "2023-01"},
      {"month_add('9999-12', 1)", "null"},
      {"month_add('0001-01', -1)", "null"},
      {"month_add('2025-01', 9223372036854775807)", "null"},
      {"month_add('nonsense', 1)", "null"},
      {"month_add(NULL, 1)", "null"},
  };
  for (const auto& [expression, expected] : cases) EXPECT_EQ(value(expression), expected) << expression;
}

TEST_F(Functions, uuid_is_random_version_4_and_differs_by_row) {
  EXPECT_THAT(value("uuid()"), MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(value("count(DISTINCT u) FROM (SELECT uuid() AS u FROM json_each('[1,2,3,4,5,6,7,8]'))"), "8");
}

TEST_F(Functions, now_is_utc_with_milliseconds) {
  EXPECT_THAT(value("now()"), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"));
  EXPECT_EQ(value("abs(julianday(now()) - julianday('now')) < 1.0 / 1440"), "1");
}

TEST_F(Functions, regexp_searches_and_refuses_broken_patterns) {
  EXPECT_EQ(value("'Carrefour City' REGEXP 'four'"), "1");
  EXPECT_EQ(value("'Carrefour City' REGEXP '^four'"), "0");
  EXPECT_EQ(value("'École' REGEXP '(?i)^école$'"), "1");
  EXPECT_EQ(value("NULL REGEXP 'x'"), "null");
  EXPECT_EQ(value("sum(value REGEXP '^a') FROM json_each('[\"a\",\"b\",\"ab\"]')"), "2");
  const Error refused = error("'x' REGEXP '('");
  EXPECT_EQ(refused.kind(), ErrorKind::unprocessable);
  EXPECT_THAT(refused.message(), HasSubstr("pattern"));
}

TEST_F(Functions, regexp_with_a_hostile_pattern_ends) {
  EXPECT_EQ(value("replace(hex(zeroblob(5000)), '0', 'a') REGEXP '^(a+)+$b'"), "0");
}

TEST_F(Functions, deterministic_ones_may_stand_in_indexes_checks_and_generated_columns) {
  connection->execute(
      "CREATE TABLE t (d TEXT CHECK (d REGEXP '^[0-9-]+$'), m TEXT GENERATED ALWAYS AS (month_of(d)) STORED);"
      "CREATE INDEX i ON t (month_of(d)); CREATE INDEX j ON t (to_minor(d, 2)) WHERE 0;");
  connection->execute("INSERT INTO t (d) VALUES ('2025-03-04')");
  EXPECT_EQ(connection->scalar("SELECT m FROM t"), "2025-03");
  EXPECT_THROW(connection->execute("CREATE INDEX k ON t (uuid())"), Error);
  EXPECT_THROW(connection->execute("CREATE INDEX k ON t (now())"), Error);
}

}  // namespace
}  // namespace freshet::db::sqlite
