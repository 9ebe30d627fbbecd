#include "db/postgres/functions.hpp"

#include "db/migrations.hpp"

#include "support.hpp"

namespace freshet::db {
namespace {

class PostgresFunctions : public test::PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    postgres_ = connect();
    postgres::install_functions(*postgres_);
    DatabaseOptions memory;
    memory.url = ":memory:";
    sqlite_ = open_connection(memory);
  }

  /// The value as text, "NULL", or why it was refused.
  static std::string answer(Connection& connection, const std::string& expression) {
    try {
      const std::vector<std::string> rows = test::query(connection, "SELECT " + expression);
      std::string text = rows.at(0);  // both write JSON; PostgreSQL with more blanks
      std::erase(text, ' ');
      return text;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::unprocessable ? "refused" : "failed: " + error.message();
    }
  }

  std::unique_ptr<Connection> postgres_, sqlite_;
};

TEST_F(PostgresFunctions, answers_are_those_of_the_other_database) {
  for (const char* expression : {"to_minor('12.34', 2)",
                                 "to_minor('12.345', 2)",
                                 "to_minor('-0.5', 1)",
                                 "to_minor('abc', 2)",
                                 "to_minor('', 2)",
                                 "to_minor('1', 19)",
                                 "to_minor('12', 0)",
                                 "to_minor('1e2', 2)",
                                 "to_minor('99999999999999999999', 2)",
                                 "to_minor(NULL, 2)",
                                 "to_minor(7, 2)",
                                 "from_minor(1234, 2)",
                                 "from_minor(-5, 2)",
                                 "from_minor(0, 0)",
                                 "from_minor(5, 3)",
                                 "from_minor(NULL, 2)",
                                 "from_minor(1, 19)",
                                 "from_minor(9223372036854775807, 18)",
                                 "month_of('2025-01-31')",
                                 "month_of('2025-01')",
                                 "month_of('2025-13')",
                                 "month_of('2025-02-30')",
                                 "month_of('x')",
                                 "month_of('')",
                                 "month_of(NULL)",
                                 "month_of('2025-01-31T23:30:00.000Z')",
                                 "month_of('2024-12-31T23:30:00-02:00')",
                                 "month_add('2025-01', -1)",
                                 "month_add('2025-12', 1)",
                                 "month_add('2025-01', 0)",
                                 "month_add('2025-01', 25)",
                                 "month_add('0001-01', -13)",
                                 "month_add('9999-12', 1)",
                                 "month_add('x', 1)",
                                 "month_add('2025-1', 1)",
                                 "month_add(NULL, 1)",
                                 "month_add('2025-01', 9000000000000)",
                                 "json_group_object(k, v) FROM (SELECT 'a' AS k, 1 AS v) AS pairs",
                                 "json_group_object(k, v) FROM (SELECT 'a' AS k, 1 AS v) AS pairs WHERE v = 2",
                                 "json_group_array(v) FROM (SELECT 'x\"y' AS v) AS items",
                                 "json_group_array(v) FROM (SELECT 1 AS v) AS items WHERE v = 2",
                                 "url_encode('a b/ü?&=~-._')",
                                 "url_encode('')",
                                 "url_encode('%')",
                                 "url_encode(NULL)",
                                 "length(uuid() || '')"}) {
    EXPECT_EQ(answer(*postgres_, expression), answer(*sqlite_, expression)) << expression;
  }
}

TEST_F(PostgresFunctions, those_of_an_earlier_version_are_made_anew_and_those_that_are_there_left_alone) {
  psql("COMMENT ON SCHEMA freshet IS 'SQL functions of Freshet, version 0'; DROP FUNCTION freshet.uuid()");
  postgres::install_functions(*postgres_);
  EXPECT_EQ(psql("SELECT length(freshet.uuid()::text)"), "36");
  psql("DROP FUNCTION freshet.uuid()");
  postgres::install_functions(*postgres_);
  EXPECT_EQ(psql("SELECT count(*) FROM pg_proc WHERE proname = 'uuid' AND pronamespace = 'freshet'::regnamespace"),
            "0");
}

TEST_F(PostgresFunctions, types_of_postgresql_are_taken_too) {
  EXPECT_EQ(answer(*postgres_, "month_of(date '2025-03-31')"), "2025-03");
  EXPECT_EQ(answer(*postgres_, "month_of(timestamptz '2025-03-31 23:30:00-02')"), "2025-04");
  EXPECT_EQ(answer(*postgres_, "to_minor(12.34::numeric, 2)"), "1234");
  EXPECT_EQ(answer(*postgres_, "from_minor(sum(x), 2) FROM (VALUES (100::bigint), (1)) AS v (x)"), "1.01");
}

TEST_F(PostgresFunctions, migrating_makes_them_even_where_nothing_is_pending) {
  psql("DROP SCHEMA freshet CASCADE");
  EXPECT_EQ(migrate_up(*postgres_, {}, {}), 0U);
  EXPECT_EQ(answer(*postgres_, "month_add('2025-01', 1)"), "2025-02");
}

}  // namespace
}  // namespace freshet::db
