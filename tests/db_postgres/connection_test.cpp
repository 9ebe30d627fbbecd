#include <future>
#include <thread>

#include "support.hpp"

namespace freshet::db {
namespace {

using test::error_of;
using test::query;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PostgresConnection : public test::PostgresTest {};

TEST_F(PostgresConnection, rows_and_parameters_of_every_kind_make_the_round_trip) {
  const auto connection = connect();
  connection->execute(
      "CREATE TABLE t (flag boolean, small int2, whole int4, big int8, exact numeric(12,2), approximate float8, "
      "words text, bytes bytea, day date, moment timestamptz, doc jsonb, id uuid)");
  const auto insert = [&](std::function<void(Binder&)> bind) {
    return query(*connection, "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", bind);
  };
  insert([](Binder& binder) {
    binder.integer(1, 1);
    binder.integer(2, -7);
    binder.integer(3, 2'000'000'000);
    binder.integer(4, 9'007'199'254'740'993);
    binder.text(5, "1234567890.10");
    binder.real(6, 0.1);
    binder.text(7, "naïve 'text' \\ \"quoted\"");
    binder.blob(8, std::string_view("\0\x01\xff", 3));
    binder.text(9, "2025-01-31");
    binder.text(10, "2025-01-31T07:30:00.120Z");
    binder.text(11, R"({"a": [1]})");
    binder.text(12, "7f0e7f0e-0000-4000-8000-000000000001");
  });
  insert([](Binder& binder) {
    for (int i = 1; i <= 12; ++i) binder.null(i);
  });
  EXPECT_THAT(query(*connection, "SELECT * FROM t WHERE flag"),
              ElementsAre("1|-7|2000000000|9007199254740993|1234567890.10|0.100000|naïve 'text' \\ \"quoted\"|" +
                          ("blob:" + std::string("\0\x01\xff", 3)) +
                          "|2025-01-31|2025-01-31T07:30:00.120Z|{\"a\": [1]}|7f0e7f0e-0000-4000-8000-000000000001"));
  EXPECT_THAT(query(*connection, "SELECT * FROM t WHERE flag IS NULL"),
              ElementsAre("null|null|null|null|null|null|null|null|null|null|null|null"));
}

TEST_F(PostgresConnection, list_is_an_array_of_the_type_that_it_is_compared_with) {
  const auto connection = connect();
  const auto matches = [&](std::string_view sql, std::vector<Value> values) {
    return query(*connection, sql, [&](Binder& binder) { binder.list(1, values); });
  };
  const std::string_view numbers = "SELECT x FROM generate_series(1, 5) AS x WHERE x = ANY ($1) ORDER BY x";
  EXPECT_THAT(matches(numbers, {std::int64_t{2}, std::int64_t{4}, Null{}}), ElementsAre("2", "4"));
  EXPECT_THAT(matches(numbers, {}), IsEmpty());
  const std::string_view words = "SELECT x FROM unnest(ARRAY['a,b', 'NULL', '\"{\\', 'c']) AS x WHERE x = ANY ($1)";
  EXPECT_THAT(matches(words, {std::string("a,b"), std::string("NULL"), std::string("\"{\\")}),
              ElementsAre("a,b", "NULL", "\"{\\"));
}

TEST_F(PostgresConnection, text_with_a_nul_character_is_refused) {
  const auto connection = connect();
  for (const std::string_view sql : {"SELECT $1::text", "SELECT $1::date"}) {
    const Error error =
        error_of([&] { query(*connection, sql, [](Binder& binder) { binder.text(1, std::string_view("a\0b", 3)); }); });
    EXPECT_EQ(error.kind(), ErrorKind::unprocessable) << sql;
  }
  EXPECT_EQ(connection->scalar("SELECT 1"), "1");
}

TEST_F(PostgresConnection, script_error_is_at_its_line_and_column) {
  const auto connection = connect();
  const Error error = error_of([&] {
    connection->execute("CREATE TABLE ü (a int);\n-- é\nSELECT 'ß', nothing\n  FROM ü;\nCREATE TABLE never (a int);");
  });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_EQ(error.place()->line, 3U);
  EXPECT_EQ(error.place()->column, 14U) << "columns count bytes";
  EXPECT_EQ(error.source_line(), "SELECT 'ß', nothing");
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM pg_class WHERE relname = 'never'"), "0");
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM pg_class WHERE relname = 'ü'"), "1");
}

TEST_F(PostgresConnection, script_holds_functions_and_their_semicolons) {
  const auto connection = connect();
  connection->execute(
      "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END; $$;\n"
      "CREATE FUNCTION thrice(n int) RETURNS int BEGIN ATOMIC SELECT 1; SELECT n * 3; END;");
  EXPECT_EQ(connection->scalar("SELECT twice(3) + thrice(3)"), "15");
}

TEST_F(PostgresConnection, copy_from_stdin_in_a_script_is_an_error_and_no_hang) {
  const auto connection = connect();
  connection->execute("CREATE TABLE t (a int)");
  EXPECT_THAT(error_of([&] { connection->execute("COPY t FROM STDIN"); }).log_detail(), HasSubstr("STDIN"));
  connection->execute("COPY t TO STDOUT");
  EXPECT_EQ(connection->scalar("SELECT 1"), "1");
}

TEST_F(PostgresConnection, rows_that_nobody_wants_do_not_end_the_transaction) {
  const auto connection = connect();
  connection->begin(Mode::write);
  EXPECT_EQ(connection->scalar("SELECT x FROM generate_series(1, 1000) AS x"), "1");
  connection->execute("CREATE TABLE t (a int)");
  connection->commit();
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "0");
}

TEST_F(PostgresConnection, sink_that_throws_leaves_the_connection_usable) {
  class Thrower final : public RowSink {
    bool row(Row) override { throw Error(ErrorKind::internal, "enough"); }
  } thrower;
  const auto connection = connect();
  Step step;
  step.statement = std::make_shared<const Statement>(connection->describe("SELECT x FROM generate_series(1, 10) AS x"));
  step.sink = &thrower;
  EXPECT_EQ(error_of([&] { connection->run(step); }).message(), "enough");
  EXPECT_EQ(connection->scalar("SELECT 2"), "2");
}

TEST_F(PostgresConnection, run_counts_the_rows_that_it_changed) {
  const auto connection = connect();
  connection->execute("CREATE TABLE t (a int)");
  const auto changed = [&](std::string_view sql) {
    Step step;
    step.statement = std::make_shared<const Statement>(connection->describe(sql));
    return connection->run(step);
  };
  EXPECT_EQ(changed("INSERT INTO t SELECT generate_series(1, 7)"), 7);
  EXPECT_EQ(changed("UPDATE t SET a = a + 1 WHERE a > 5"), 2);
  EXPECT_EQ(changed("SELECT * FROM t"), 0);
  EXPECT_EQ(changed("DELETE FROM t"), 7);
}

TEST_F(PostgresConnection, transaction_is_whole_or_not_there) {
  const auto connection = connect();
  connection->execute("CREATE TABLE t (a int PRIMARY KEY)");
  {
    Transaction transaction(*connection, Mode::write);
    connection->execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "0");
  connection->begin(Mode::write);
  connection->execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(error_of([&] { connection->execute("INSERT INTO t VALUES (1)"); }).kind(), ErrorKind::conflict);
  EXPECT_EQ(error_of([&] { connection->commit(); }).kind(), ErrorKind::internal) << "nothing was saved, and it says so";
  connection->rollback();
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(error_of([&] {
              connection->begin(Mode::write);
              connection->begin(Mode::write);
            }).kind(),
            ErrorKind::internal);
}

TEST_F(PostgresConnection, read_transaction_sees_one_snapshot_and_writes_nothing) {
  const auto connection = connect();
  connection->execute("CREATE TABLE t (a int)");
  connection->begin(Mode::read);
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "0");
  psql("INSERT INTO t VALUES (1)");
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "0");
  EXPECT_THROW(connection->execute("INSERT INTO t VALUES (2)"), Error);
  connection->rollback();
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "1");
}

TEST_F(PostgresConnection, interrupt_ends_what_runs) {
  const auto connection = connect();
  std::thread other([&] {
    // Until it is seen to run: an interrupt that comes earlier ends it, too, but by another way.
    while (psql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'") ==
           "0")
      continue;
    connection->interrupt();
  });
  const Error error = error_of([&] { static_cast<void>(connection->execute("SELECT pg_sleep(600)")); });
  other.join();
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  EXPECT_EQ(connection->scalar("SELECT 1"), "1");
}

TEST_F(PostgresConnection, interrupt_before_a_statement_ends_the_next_one) {
  const auto connection = connect();
  connection->interrupt();
  EXPECT_EQ(error_of([&] { connection->execute("SELECT 1"); }).kind(), ErrorKind::cancelled);
  EXPECT_EQ(connection->scalar("SELECT 1"), "1");
}

TEST_F(PostgresConnection, settings_do_not_depend_on_the_server) {
  psql(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); EXECUTE "
      "format('ALTER DATABASE %I SET datestyle = ''SQL, DMY''', current_database()); END $$");
  const auto connection = connect();
  EXPECT_EQ(connection->scalar("SELECT timestamptz '2025-01-31 12:00:00+02'"), "2025-01-31T10:00:00.000Z");
  EXPECT_EQ(connection->scalar("SELECT date '2025-01-31'"), "2025-01-31");
  EXPECT_EQ(connection->scalar("SHOW jit"), "off");
  EXPECT_EQ(connection->scalar("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"),
            "freshet");
}

TEST_F(PostgresConnection, options_and_name_in_the_url_are_kept) {
  DatabaseOptions options = this->options();
  options.url = freshet::test::PostgresServer::with(url_, "application_name=books&options=-c%20search_path%3Dapart");
  const auto connection = open_connection(options);
  EXPECT_EQ(connection->scalar("SHOW search_path"), "apart, freshet");
  EXPECT_EQ(connection->scalar("SHOW application_name"), "books");
  EXPECT_EQ(connection->scalar("SHOW timezone"), "UTC");
}

TEST_F(PostgresConnection, read_only_database_is_not_written_to) {
  DatabaseOptions options = this->options();
  options.read_only = true;
  EXPECT_THROW(open_connection(options)->execute("CREATE TABLE t (a int)"), Error);
}

TEST_F(PostgresConnection, server_that_is_not_there_is_unavailable_and_a_database_that_is_not_is_a_mistake) {
  DatabaseOptions options;
  options.url = "postgresql://ada:secret@127.0.0.1:1/nowhere";
  const Error nobody = error_of([&] { static_cast<void>(open_connection(options)); });
  EXPECT_EQ(nobody.kind(), ErrorKind::unavailable);
  EXPECT_GT(nobody.retry_after_s(), 0U);
  EXPECT_THAT(nobody.log_detail(), HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(nobody.log_detail() + nobody.message() + nobody.hint(), Not(HasSubstr("secret")));
  options.url = url_;
  options.url.replace(options.url.find("test_"), 5, "no_such_");
  const Error missing = error_of([&] { static_cast<void>(open_connection(options)); });
  EXPECT_EQ(missing.kind(), ErrorKind::config);
  EXPECT_THAT(missing.message(), HasSubstr("does not exist"));
}

TEST_F(PostgresConnection, url_that_cannot_be_read_is_not_repeated_with_its_password) {
  DatabaseOptions options;
  options.url = "postgresql://ada:se%zzcret@host/db";
  const Error error = error_of([&] { static_cast<void>(open_connection(options)); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message() + error.hint() + error.log_detail(), Not(HasSubstr("cret")));
}

TEST_F(PostgresConnection, server_that_goes_away_is_an_error_of_kind_unavailable) {
  const auto connection = connect();
  connection->begin(Mode::write);
  psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'freshet'");
  const Error error = error_of([&] { connection->execute("SELECT 1"); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  connection->rollback();
}

}  // namespace
}  // namespace freshet::db
