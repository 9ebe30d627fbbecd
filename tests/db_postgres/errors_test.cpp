#include "db/postgres/errors.hpp"

#include "support.hpp"

namespace freshet::db::postgres {
namespace {

using test::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresErrors, sqlstate_decides_what_becomes_of_the_connection) {
  const auto after = [](std::string state) { return aftermath_of({.sqlstate = std::move(state)}); };
  for (const char* state : {"", "57P01", "57P02", "57P03", "08006", "08P01", "57P05"}) {
    EXPECT_EQ(after(state), Aftermath::lost) << state;
  }
  for (const char* state : {"23505", "42P01", "57014", "22P02", "P0001", "55P03"}) {
    EXPECT_EQ(after(state), Aftermath::usable) << state;
  }
  EXPECT_EQ(after("0A000"), Aftermath::stale_plan);
  EXPECT_EQ(after("26000"), Aftermath::settings_gone);
  EXPECT_EQ(after("40001"), Aftermath::try_again);
  EXPECT_EQ(after("40P01"), Aftermath::try_again);
}

TEST(PostgresErrors, sqlstate_decides_what_the_client_is_told) {
  const auto kind = [](std::string state, Interruption why = Interruption::none) {
    return error_from({.sqlstate = std::move(state), .message = "secret words"}, "SELECT secret", why);
  };
  const std::pair<const char*, ErrorKind> cases[] = {
      {"57014", ErrorKind::timeout},       {"53300", ErrorKind::unavailable},   {"57P03", ErrorKind::unavailable},
      {"40001", ErrorKind::unavailable},   {"40P01", ErrorKind::unavailable},   {"08006", ErrorKind::unavailable},
      {"22P02", ErrorKind::unprocessable}, {"22012", ErrorKind::unprocessable}, {"23P01", ErrorKind::conflict},
      {"42P01", ErrorKind::internal},      {"XX000", ErrorKind::internal},      {"25006", ErrorKind::unavailable},
  };
  for (const auto& [state, expected] : cases) {
    const Error error = kind(state);
    EXPECT_EQ(error.kind(), expected) << state;
    EXPECT_THAT(error.message(), Not(HasSubstr("secret"))) << state;
    EXPECT_THAT(error.log_detail(), HasSubstr("SELECT secret")) << state;
    EXPECT_EQ(error.kind() == ErrorKind::unavailable,
              error.kind() == ErrorKind::unavailable && error.retry_after_s() > 0)
        << state;
  }
  EXPECT_EQ(kind("57014", Interruption::cancelled).kind(), ErrorKind::cancelled);
  EXPECT_EQ(kind("57014", Interruption::closing).kind(), ErrorKind::unavailable);
  EXPECT_EQ(kind("P0001").message(), "secret words") << "what RAISE says is for the client";
}

TEST(PostgresErrors, character_position_becomes_a_byte_offset) {
  EXPECT_EQ(byte_offset("abc", 0), std::string_view::npos);
  EXPECT_EQ(byte_offset("abc", 1), 0U);
  EXPECT_EQ(byte_offset("é€𝄞x", 4), 9U);
  EXPECT_EQ(byte_offset("é", 9), 2U);
}

class PostgresConstraints : public test::PostgresTest {};

TEST_F(PostgresConstraints, broken_rules_are_told_in_the_words_of_the_other_database) {
  const auto postgres = connect();
  DatabaseOptions memory;
  memory.url = ":memory:";
  const auto sqlite = open_connection(memory);
  for (Connection* connection : {postgres.get(), sqlite.get()}) {
    connection->execute(
        "CREATE TABLE parent (id integer PRIMARY KEY);"
        "CREATE TABLE t (a integer NOT NULL CONSTRAINT a_is_small CHECK (a < 10), b integer UNIQUE, c integer "
        "REFERENCES "
        "parent (id), d integer, e integer, UNIQUE (d, e));"
        "INSERT INTO t (a, b, d, e) VALUES (1, 1, 1, 1);");
  }
  for (const char* sql :
       {"INSERT INTO t (a) VALUES (NULL)", "INSERT INTO t (a) VALUES (11)", "INSERT INTO t (a, b) VALUES (1, 1)",
        "INSERT INTO t (a, c) VALUES (1, 5)", "INSERT INTO t (a, d, e) VALUES (1, 1, 1)"}) {
    const Error one = error_of([&] { test::query(*postgres, sql); });
    const Error other = error_of([&] { test::query(*sqlite, sql); });
    EXPECT_EQ(one.kind(), other.kind()) << sql;
    EXPECT_EQ(one.message(), other.message()) << sql;
    ASSERT_EQ(one.fields().size(), other.fields().size()) << sql;
    for (std::size_t i = 0; i < one.fields().size(); ++i) {
      EXPECT_EQ(one.fields()[i].field, other.fields()[i].field) << sql;
      EXPECT_EQ(one.fields()[i].code, other.fields()[i].code) << sql;
    }
  }
}

}  // namespace
}  // namespace freshet::db::postgres
