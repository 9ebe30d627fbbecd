#include <limits>
#include <thread>

#include "db/sqlite/connection.hpp"

#include "support.hpp"

namespace freshet::db::sqlite {
namespace {

using test::error_of;
using test::options_for;
using test::query;
using test::Rows;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ConnectionTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> open() const { return open_connection(options_for(path)); }
  std::unique_ptr<Connection> open_read_only() const {
    DatabaseOptions options = options_for(path);
    options.read_only = true;
    return open_connection(options);
  }

  test::TemporaryFolder folder;
  std::string path = folder.file("app.db");
};

TEST_F(ConnectionTest, missing_file_and_folder_are_created) {
  path = folder.file("data/deeper/app.db");
  open()->execute("CREATE TABLE t (a)");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ConnectionTest, settings_that_the_engine_relies_on_are_made) {
  auto connection = open();
  EXPECT_EQ(connection->scalar("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(connection->scalar("PRAGMA synchronous"), "1");
  EXPECT_EQ(connection->scalar("PRAGMA foreign_keys"), "1");
  EXPECT_EQ(connection->scalar("PRAGMA temp_store"), "2");
  EXPECT_EQ(connection->scalar("PRAGMA recursive_triggers"), "0");
  EXPECT_EQ(connection->scalar("PRAGMA cache_size"), "-1024");
  EXPECT_EQ(connection->scalar("PRAGMA mmap_size"), std::to_string(1 << 26));
}

TEST_F(ConnectionTest, every_kind_of_value_goes_in_and_comes_out_unchanged) {
  auto connection = open();
  const std::string text_with_nul("a\0b", 3);
  const std::string bytes("\0\xff", 2);
  const std::vector<Value> values{Null{}, true,          std::numeric_limits<std::int64_t>::min(),
                                  0.1,    text_with_nul, Blob{bytes}};
  struct Look final : RowSink {
    bool row(Row row) override {
      EXPECT_EQ(row[0].type, Cell::Type::null);
      EXPECT_EQ(row[1].integer, 1);
      EXPECT_EQ(row[2].integer, std::numeric_limits<std::int64_t>::min());
      EXPECT_EQ(row[3].type, Cell::Type::real);
      EXPECT_EQ(row[3].real, 0.1);
      EXPECT_EQ(row[4].type, Cell::Type::text);
      EXPECT_EQ(row[4].text, std::string_view("a\0b", 3));
      EXPECT_EQ(row[5].type, Cell::Type::blob);
      EXPECT_EQ(row[5].text, std::string_view("\0\xff", 2));
      ++seen;
      return true;
    }
    int seen = 0;
  } look;
  connection->run(test::step(std::make_shared<Statement>(connection->describe("SELECT ?1, ?2, ?3, ?4, ?5, ?6")), &look,
                             [&](Binder& binder) {
                               for (std::size_t i = 0; i < values.size(); ++i) {
                                 binder.value(static_cast<int>(i + 1), values[i]);
                               }
                             }));
  EXPECT_EQ(look.seen, 1);
}

TEST_F(ConnectionTest, empty_text_and_empty_blob_are_not_null) {
  auto connection = open();
  EXPECT_THAT(query(*connection, "SELECT typeof(?1), length(?1), typeof(?2), length(?2)",
                    [](Binder& binder) {
                      binder.text(1, {});
                      binder.blob(2, {});
                    }),
              ElementsAre("text|0|blob|0"));
}

TEST_F(ConnectionTest, parameters_do_not_survive_into_the_next_execution) {
  auto connection = open();
  auto statement = std::make_shared<Statement>(connection->describe("SELECT ?1"));
  statement->id = 7;
  Rows rows;
  connection->run(test::step(statement, &rows, [](Binder& binder) { binder.text(1, "first"); }));
  connection->run(test::step(statement, &rows));
  EXPECT_THAT(rows.rows, ElementsAre("first", "null"));
}

TEST_F(ConnectionTest, list_is_exact_for_integers_and_texts) {
  auto connection = open();
  const std::vector<Value> values{std::numeric_limits<std::int64_t>::max(),
                                  std::numeric_limits<std::int64_t>::min(),
                                  std::int64_t{9'007'199'254'740'993},
                                  std::string("quote \" backslash \\ newline \n tab \t é 😀 \x01 / </script>"),
                                  std::string(),
                                  Null{},
                                  true,
                                  0.5};
  std::vector<std::string> expected{"integer|9223372036854775807",
                                    "integer|-9223372036854775808",
                                    "integer|9007199254740993",
                                    "text|quote \" backslash \\ newline \n tab \t é 😀 \x01 / </script>",
                                    "text|",
                                    "null|null",
                                    "integer|1",
                                    "real|0.500000"};
  EXPECT_EQ(query(*connection, "SELECT typeof(value), value FROM json_each(?1)",
                  [&](Binder& binder) { binder.list(1, values); }),
            expected);
}

TEST_F(ConnectionTest, empty_list_matches_nothing) {
  auto connection = open();
  EXPECT_THAT(query(*connection, "SELECT 1 WHERE 1 IN (SELECT value FROM json_each(?1))",
                    [](Binder& binder) { binder.list(1, {}); }),
              IsEmpty());
}

TEST_F(ConnectionTest, several_lists_in_one_statement_do_not_disturb_each_other) {
  auto connection = open();
  const std::vector<Value> first{std::string("a"), std::string("b")};
  const std::vector<Value> second{std::int64_t{1}, std::int64_t{2}, std::int64_t{3}};
  auto statement = std::make_shared<Statement>(connection->describe("SELECT ?1, ?2"));
  statement->id = 3;
  Rows rows;
  for (int turn = 0; turn < 2; ++turn) {
    connection->run(test::step(statement, &rows, [&](Binder& binder) {
      binder.list(1, turn == 0 ? first : second);
      binder.list(2, turn == 0 ? second : first);
    }));
  }
  EXPECT_THAT(rows.rows, ElementsAre(R"(["a","b"]|[1,2,3])", R"([1,2,3]|["a","b"])"));
}

TEST_F(ConnectionTest, text_in_a_list_with_a_nul_is_refused_rather_than_cut) {
  auto connection = open();
  const std::vector<Value> values{std::string("a\0b", 3)};
  const Error error =
      error_of([&] { query(*connection, "SELECT ?1", [&](Binder& binder) { binder.list(1, values); }); });
  EXPECT_EQ(error.kind(), ErrorKind::unprocessable);
}

TEST_F(ConnectionTest, binding_a_position_that_does_not_exist_is_an_error) {
  auto connection = open();
  const Error error = error_of([&] { query(*connection, "SELECT ?1", [](Binder& binder) { binder.integer(2, 1); }); });
  EXPECT_EQ(error.kind(), ErrorKind::internal);
}

TEST_F(ConnectionTest, sink_ends_a_step_early) {
  auto connection = open();
  Rows rows(2);
  connection->run(test::step(std::make_shared<Statement>(connection->describe("VALUES (1), (2), (3), (4)")), &rows));
  EXPECT_THAT(rows.rows, ElementsAre("1", "2"));
}

TEST_F(ConnectionTest, exception_of_a_sink_passes_and_leaves_the_statement_usable) {
  auto connection = open();
  struct Thrower final : RowSink {
    bool row(Row) override { throw std::out_of_range("sink"); }
  } thrower;
  auto statement = std::make_shared<Statement>(connection->describe("VALUES (1), (2)"));
  statement->id = 1;
  EXPECT_THROW(connection->run(test::step(statement, &thrower)), std::out_of_range);
  Rows rows;
  connection->run(test::step(statement, &rows));
  EXPECT_THAT(rows.rows, ElementsAre("1", "2"));
}

TEST_F(ConnectionTest, changed_rows_are_those_of_this_statement) {
  auto connection = open();
  connection->execute(
      "CREATE TABLE t (a); CREATE TABLE log (a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO "
      "log VALUES (new.a), (new.a), (new.a); END;");
  const auto run = [&](std::string_view sql) {
    return connection->run(test::step(std::make_shared<Statement>(connection->describe(sql))));
  };
  EXPECT_EQ(run("INSERT INTO t VALUES (1), (2)"), 2);
  EXPECT_EQ(run("SELECT * FROM t"), 0);
  EXPECT_EQ(run("UPDATE t SET a = 3 WHERE a = 99"), 0);
  EXPECT_EQ(run("UPDATE t SET a = 3 RETURNING a"), 2);
  EXPECT_EQ(run("CREATE TABLE u (a)"), 0);
  EXPECT_EQ(run("DELETE FROM t"), 2);
}

TEST_F(ConnectionTest, statement_cache_forgets_the_least_recently_used) {
  auto handle = sqlite::open({.path = ":memory:"});
  StatementCache cache(2);
  sqlite3_stmt* one = cache.get(handle.get(), 1, "SELECT 1");
  sqlite3_stmt* two = cache.get(handle.get(), 2, "SELECT 2");
  EXPECT_EQ(cache.get(handle.get(), 1, "SELECT 1"), one);
  static_cast<void>(cache.get(handle.get(), 3, "SELECT 3"));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.get(handle.get(), 1, "SELECT 1"), one);
  EXPECT_NE(two, one);
}

TEST_F(ConnectionTest, statement_whose_columns_have_changed_is_refused_instead_of_read_wrongly) {
  auto connection = open();
  connection->execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  auto statement = std::make_shared<Statement>(connection->describe("SELECT * FROM t"));
  statement->id = 1;
  Rows rows;
  connection->run(test::step(statement, &rows));
  open()->execute("ALTER TABLE t ADD COLUMN b DEFAULT 5");
  const Error error = error_of([&] { connection->run(test::step(statement, &rows)); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_THAT(rows.rows, ElementsAre("1"));
}

TEST_F(ConnectionTest, transaction_rolls_back_unless_committed) {
  auto connection = open();
  connection->execute("CREATE TABLE t (a)");
  {
    Transaction transaction(*connection, Mode::write);
    connection->execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "0");
  {
    Transaction transaction(*connection, Mode::write);
    connection->execute("INSERT INTO t VALUES (1)");
    transaction.commit();
  }
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM t"), "1");
}

TEST_F(ConnectionTest, script_error_has_line_and_column_and_earlier_statements_have_run) {
  auto connection = open();
  const Error error = error_of([&] {
    connection->execute(
        "CREATE TABLE label (id, name);\n-- a comment; with a semicolon\nINSERT INTO lable VALUES (1, 'x');\n");
  });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  ASSERT_TRUE(error.place().has_value());
  EXPECT_EQ(error.place()->line, 3U);
  EXPECT_EQ(error.source_line(), "INSERT INTO lable VALUES (1, 'x');");
  EXPECT_THAT(error.hint(), HasSubstr("`label`"));
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM label"), "0");
}

TEST_F(ConnectionTest, script_that_breaks_a_constraint_says_where) {
  auto connection = open();
  const Error error = error_of([&] {
    connection->execute("CREATE TABLE t (a UNIQUE);\nINSERT INTO t VALUES (1);\n  INSERT INTO t VALUES (1);");
  });
  EXPECT_EQ(error.kind(), ErrorKind::conflict);
  EXPECT_EQ(error.place()->line, 3U);
  EXPECT_EQ(error.place()->column, 3U);
}

TEST_F(ConnectionTest, interrupt_ends_what_runs_as_cancelled) {
  auto connection = open();
  struct Interrupter final : RowSink {
    explicit Interrupter(Connection& target) : connection(target) {}
    bool row(Row) override {
      if (++seen == 10) connection.interrupt();
      return true;
    }
    Connection& connection;
    int seen = 0;
  } sink(*connection);
  const Error error = error_of([&] {
    connection->run(test::step(
        std::make_shared<Statement>(
            connection->describe("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")),
        &sink));
  });
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  EXPECT_EQ(connection->scalar("SELECT 1"), "1") << "usable afterwards";
}

TEST_F(ConnectionTest, interrupt_between_statements_ends_the_next_one) {
  auto connection = open();
  connection->interrupt();
  EXPECT_EQ(error_of([&] { query(*connection, "SELECT 1"); }).kind(), ErrorKind::cancelled);
  EXPECT_EQ(connection->scalar("SELECT 1"), "1");
}

TEST_F(ConnectionTest, reader_role_cannot_write) {
  open()->execute("CREATE TABLE t (a)");
  ConnectionOptions options;
  options.path = path;
  options.role = Role::reader;
  SqliteConnection reader(options);
  EXPECT_EQ(error_of([&] { reader.execute("INSERT INTO t VALUES (1)"); }).kind(), ErrorKind::unavailable);
  EXPECT_EQ(reader.scalar("SELECT count(*) FROM t"), "0");
}

TEST_F(ConnectionTest, read_only_reads_a_copied_file_and_leaves_nothing_behind) {
  open()->execute("CREATE TABLE t (a); INSERT INTO t VALUES (42)");
  ASSERT_FALSE(std::filesystem::exists(path + "-wal")) << "the last connection to close removes it";
  {
    auto connection = open_read_only();
    EXPECT_EQ(connection->scalar("SELECT a FROM t"), "42");
    EXPECT_EQ(error_of([&] { connection->execute("INSERT INTO t VALUES (1)"); }).kind(), ErrorKind::unavailable);
  }
  open()->execute("PRAGMA journal_mode = DELETE");
  auto connection = open_read_only();
  EXPECT_EQ(connection->scalar("SELECT a FROM t"), "42");
  EXPECT_EQ(connection->scalar("PRAGMA journal_mode"), "delete") << "read_only never changes the journal mode";
}

TEST_F(ConnectionTest, read_only_sees_what_a_live_writer_has_committed_to_the_wal) {
  auto writer = open();
  writer->execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  auto reader = open_read_only();
  EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), "1");
  writer->execute("INSERT INTO t VALUES (2)");
  EXPECT_EQ(reader->scalar("SELECT count(*) FROM t"), "2");
}

TEST_F(ConnectionTest, read_only_needs_a_file_that_exists) {
  const Error error = error_of([&] { open_read_only(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("app.db"));
  EXPECT_THAT(error.hint(), Not(IsEmpty()));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ConnectionTest, file_that_is_no_database_is_named_with_a_hint) {
  folder.write("app.db", std::string(8192, 'x'));
  const Error error = error_of([&] { open(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("is not a SQLite database"));
  EXPECT_THAT(error.hint(), Not(IsEmpty()));
}

TEST_F(ConnectionTest, folder_in_place_of_the_file_is_an_error_with_a_hint) {
  std::filesystem::create_directories(path);
  const Error error = error_of([&] { open(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.hint(), Not(IsEmpty()));
}

TEST_F(ConnectionTest, path_with_blanks_percent_signs_and_question_marks_opens) {
  path = folder.file("a b%20c?mode=memory#é.db");
  open()->execute("CREATE TABLE t (a)");
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(open_read_only()->scalar("SELECT count(*) FROM t"), "0");
}

TEST_F(ConnectionTest, many_that_open_a_new_file_at_once_all_get_in) {
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      try {
        open()->execute("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)");
      } catch (const Error&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(open()->scalar("SELECT count(*) FROM t"), "8");
}

TEST_F(ConnectionTest, writer_leaves_statistics_behind) {
  {
    auto connection = open();
    connection->execute(
        "CREATE TABLE t (a); CREATE INDEX i ON t (a);"
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        "INSERT INTO t SELECT i FROM n;");
    query(*connection, "SELECT count(*) FROM t WHERE a = 5");
  }
  EXPECT_EQ(open()->scalar("SELECT count(*) > 0 FROM sqlite_stat1"), "1");
}

TEST_F(ConnectionTest, memory_database_is_private_to_its_connection) {
  DatabaseOptions options;
  options.url = "sqlite::memory:";
  auto one = open_connection(options);
  one->execute("CREATE TABLE t (a)");
  auto two = open_connection(options);
  EXPECT_EQ(two->scalar("SELECT count(*) FROM sqlite_schema"), "0");
}

}  // namespace
}  // namespace freshet::db::sqlite
