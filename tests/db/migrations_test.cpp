#include "db/migrations.hpp"

#include <atomic>
#include <thread>

#include "support.hpp"

namespace freshet::db {
namespace {

using test::error_of;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Migrations : public ::testing::Test {
 protected:
  Migrations() : connection(open_connection(options)) {}
  void file(std::string_view name, std::string_view text) { folder.write("migrations/" + std::string(name), text); }
  [[nodiscard]] std::vector<Migration> all(Dialect dialect = Dialect::sqlite) const {
    return read_migrations(folder.path() / "migrations", dialect);
  }
  std::size_t up() {
    return migrate_up(*connection, all(), [this](const Migration& one) { heard.push_back(one.name); });
  }
  std::size_t down(std::size_t steps) {
    return migrate_down(*connection, all(), steps, [this](const Migration& one) { heard.push_back(one.name); });
  }
  std::string tables() {
    return connection->scalar(
        "SELECT coalesce(group_concat(name, ' '), '') FROM (SELECT name FROM sqlite_schema WHERE type = 'table' AND "
        "name "
        "NOT LIKE 'freshet%' ORDER BY name)");
  }

  test::TemporaryFolder folder;
  DatabaseOptions options = test::options_for(folder.file("app.db"));
  std::unique_ptr<Connection> connection;
  std::vector<std::string> heard;
};

TEST_F(Migrations, missing_folder_is_no_migrations) {
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_EQ(up(), 0U);
}

TEST_F(Migrations, are_read_in_the_order_of_their_numbers) {
  file("0010_c.sql", "");
  file("0002_b.sql", "");
  file("0001_a-first.sql", "");
  file("README.md", "");
  file(".hidden.sql", "");
  std::vector<std::string> names;
  for (const Migration& one : all()) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("0001_a-first", "0002_b", "0010_c"));
}

TEST_F(Migrations, names_that_do_not_fit_are_refused) {
  for (const char* name : {"schema.sql", "0001.sql", "0001_.sql", "x001_a.sql", "0001 a.sql", "0001_a.b.sql"}) {
    file(name, "");
    const Error error = error_of([&] { static_cast<void>(all()); });
    EXPECT_EQ(error.kind(), ErrorKind::config) << name;
    EXPECT_THAT(error.hint(), HasSubstr("NNNN_")) << name;
    std::filesystem::remove(folder.path() / "migrations" / name);
  }
}

TEST_F(Migrations, two_with_one_number_are_refused) {
  file("0001_a.sql", "");
  file("001_b.sql", "");
  EXPECT_THAT(error_of([&] { static_cast<void>(all()); }).message(), HasSubstr("two migrations"));
}

TEST_F(Migrations, file_for_postgres_stands_in_there_only) {
  file("0001_a.sql", "-- any");
  file("0001_a.postgres.sql", "-- postgres");
  file("0002_b.postgres.sql", "-- only there");
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(all().front().up, "-- any");
  EXPECT_EQ(all(Dialect::postgres).size(), 2U);
  EXPECT_EQ(all(Dialect::postgres).front().up, "-- postgres");
  EXPECT_EQ(all(Dialect::postgres).front().name, "0001_a");
}

TEST_F(Migrations, file_for_sqlite_is_left_out_elsewhere) {
  file("0001_a.sql", "-- any");
  file("0002_b.sqlite.sql", "-- only there");
  EXPECT_EQ(all().size(), 2U);
  EXPECT_EQ(all().back().name, "0002_b");
  EXPECT_EQ(all(Dialect::postgres).size(), 1U);
}

TEST_F(Migrations, way_back_starts_at_its_line) {
  file("0001_a.sql", "CREATE TABLE a (x);\n--  @down \r\nDROP TABLE a;");
  file("0002_b.sql", "CREATE TABLE b (x DEFAULT '-- @down');");
  const std::vector<Migration> read = all();
  EXPECT_EQ(read[0].up, "CREATE TABLE a (x);\n");
  EXPECT_EQ(read[0].down_offset, 20U);
  EXPECT_THAT(read[0].down, EndsWith("DROP TABLE a;"));
  EXPECT_THAT(read[1].down, IsEmpty());
  EXPECT_EQ(read[0].checksum.size(), 32U);
  EXPECT_NE(read[0].checksum, read[1].checksum);
}

TEST_F(Migrations, pending_ones_are_applied_once_and_in_order) {
  file("0001_a.sql", "CREATE TABLE a (x);");
  file("0002_b.sql", "CREATE TABLE b (x); CREATE TRIGGER t AFTER INSERT ON b BEGIN DELETE FROM a; SELECT 1; END;");
  EXPECT_EQ(up(), 2U);
  EXPECT_THAT(heard, ElementsAre("0001_a", "0002_b"));
  EXPECT_EQ(up(), 0U);
  file("0003_c.sql", "CREATE TABLE c (x)");
  EXPECT_EQ(up(), 1U);
  EXPECT_EQ(tables(), "a b c");
}

TEST_F(Migrations, failing_one_leaves_no_trace_and_names_its_place) {
  file("0001_a.sql", "CREATE TABLE a (x);");
  file("0002_b.sql", "CREATE TABLE b (x);\n\n-- then\nINSERT INTO bb VALUES (1);\n");
  const Error error = error_of([&] { up(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("no such table: bb"));
  ASSERT_TRUE(error.place().has_value());
  EXPECT_THAT(error.place()->file, EndsWith("0002_b.sql"));
  EXPECT_EQ(error.place()->line, 4U);
  EXPECT_EQ(error.source_line(), "INSERT INTO bb VALUES (1);");
  EXPECT_EQ(tables(), "a");
  EXPECT_EQ(migration_status(*connection, all())[1].state, MigrationState::pending);
  file("0002_b.sql", "CREATE TABLE b (x);");
  EXPECT_EQ(up(), 1U) << "what never was applied may be changed";
}

TEST_F(Migrations, data_that_breaks_a_constraint_is_a_mistake_in_the_file) {
  file("0001_a.sql", "CREATE TABLE a (x UNIQUE);\nINSERT INTO a VALUES (1), (1);");
  const Error error = error_of([&] { up(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_EQ(error.place()->line, 2U);
  EXPECT_EQ(tables(), "");
}

TEST_F(Migrations, mistake_in_the_way_back_is_placed_in_the_whole_file) {
  file("0001_a.sql", "CREATE TABLE a (x);\n-- @down\n\nDROP TABLE aa;\n");
  up();
  const Error error = error_of([&] { down(1); });
  EXPECT_EQ(error.place()->line, 4U);
  EXPECT_EQ(error.source_line(), "DROP TABLE aa;");
  EXPECT_EQ(tables(), "a");
}

TEST_F(Migrations, statements_that_cannot_be_in_a_transaction_are_refused_with_a_hint) {
  for (const char* statement :
       {"BEGIN", "COMMIT", "END TRANSACTION", "rollback", "VACUUM", "ATTACH 'x' AS y", "PRAGMA foreign_keys = OFF",
        "pragma main.journal_mode = delete", "/* x */ PRAGMA synchronous=0", "PRAGMA writable_schema = ON"}) {
    file("0001_a.sql", std::string("CREATE TABLE a (x);\n  ") + statement + ";\nCREATE TABLE b (x);");
    const Error error = error_of([&] { up(); });
    EXPECT_EQ(error.kind(), ErrorKind::config) << statement;
    EXPECT_THAT(error.hint(), Not(IsEmpty())) << statement;
    EXPECT_EQ(error.place()->line, 2U) << statement;
    EXPECT_EQ(tables(), "") << statement;
  }
  file("0001_a.sql", "PRAGMA user_version = 7; PRAGMA defer_foreign_keys = ON; CREATE TABLE a (x);");
  EXPECT_EQ(up(), 1U);
  EXPECT_EQ(connection->scalar("PRAGMA user_version"), "7");
}

TEST_F(Migrations, table_may_be_rebuilt_without_losing_its_children) {
  file("0001_a.sql",
       "CREATE TABLE parent (id INTEGER PRIMARY KEY, x);"
       "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) ON DELETE CASCADE);"
       "INSERT INTO parent VALUES (1, 'a'); INSERT INTO child VALUES (1, 1);");
  file("0002_b.sql",
       "CREATE TABLE rebuilt (id INTEGER PRIMARY KEY, x TEXT NOT NULL); INSERT INTO rebuilt SELECT * FROM parent;"
       "DROP TABLE parent; ALTER TABLE rebuilt RENAME TO parent;");
  EXPECT_EQ(up(), 2U);
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM child"), "1");
  EXPECT_EQ(connection->scalar("PRAGMA foreign_keys"), "1") << "on again";
}

TEST_F(Migrations, reference_to_nothing_is_found_at_the_end_of_a_migration) {
  file("0001_a.sql",
       "CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER "
       "REFERENCES parent (id)); INSERT INTO child VALUES (5, 99);");
  const Error error = error_of([&] { up(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("row 5 of child refers to a row of parent"));
  EXPECT_EQ(tables(), "");
}

TEST_F(Migrations, violations_that_were_there_before_are_not_the_migrations_fault) {
  connection->execute(
      "PRAGMA foreign_keys = OFF; CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (parent REFERENCES "
      "parent (id)); INSERT INTO child VALUES (99); PRAGMA foreign_keys = ON;");
  file("0001_a.sql", "CREATE TABLE a (x);");
  EXPECT_EQ(up(), 1U);
}

TEST_F(Migrations, applied_file_that_was_changed_is_refused) {
  file("0001_a.sql", "CREATE TABLE a (x);");
  up();
  file("0001_a.sql", "CREATE TABLE a (x, y);");
  EXPECT_EQ(migration_status(*connection, all()).front().state, MigrationState::changed);
  const Error error = error_of([&] { up(); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("changed"));
  EXPECT_THAT(error.place()->file, EndsWith("0001_a.sql"));
}

TEST_F(Migrations, applied_file_that_is_gone_is_refused) {
  file("0001_a.sql", "CREATE TABLE a (x);");
  file("0002_b.sql", "CREATE TABLE b (x);");
  up();
  std::filesystem::remove(folder.path() / "migrations" / "0002_b.sql");
  EXPECT_EQ(migration_status(*connection, all()).back().state, MigrationState::missing);
  EXPECT_THAT(error_of([&] { up(); }).message(), HasSubstr("gone"));
}

TEST_F(Migrations, one_that_comes_before_an_applied_one_is_refused) {
  file("0002_b.sql", "CREATE TABLE b (x);");
  up();
  file("0001_a.sql", "CREATE TABLE a (x);");
  const Error error = error_of([&] { up(); });
  EXPECT_THAT(error.message(), HasSubstr("comes before"));
  EXPECT_EQ(tables(), "b");
}

TEST_F(Migrations, status_tells_what_is_applied_and_does_not_write) {
  file("0001_a.sql", "CREATE TABLE a (x);\n-- @down\nDROP TABLE a;");
  file("0002_b.sql", "CREATE TABLE b (x);\n-- @down\n-- nothing yet\n");
  std::vector<MigrationStatus> status = migration_status(*connection, all());
  ASSERT_EQ(status.size(), 2U);
  EXPECT_EQ(status[0].state, MigrationState::pending);
  EXPECT_TRUE(status[0].reversible);
  EXPECT_FALSE(status[1].reversible);
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM sqlite_schema"), "0");
  up();
  status = migration_status(*connection, all());
  EXPECT_EQ(status[1].state, MigrationState::applied);
  EXPECT_THAT(status[1].applied_at, ::testing::MatchesRegex("[0-9-]{10}T[0-9:.]{12}Z"));
}

TEST_F(Migrations, are_taken_back_last_first) {
  file("0001_a.sql", "CREATE TABLE a (x);\n-- @down\nDROP TABLE a;");
  file("0002_b.sql", "CREATE TABLE b (x);\n-- @down\nDROP TABLE b;");
  file("0003_c.sql", "CREATE TABLE c (x);\n-- @down\nDROP TABLE c;");
  up();
  heard.clear();
  EXPECT_EQ(down(2), 2U);
  EXPECT_THAT(heard, ElementsAre("0003_c", "0002_b"));
  EXPECT_EQ(tables(), "a");
  EXPECT_EQ(up(), 2U);
  EXPECT_EQ(down(99), 3U);
  EXPECT_EQ(tables(), "");
}

TEST_F(Migrations, one_without_a_way_back_stops_there) {
  file("0001_a.sql", "CREATE TABLE a (x);");
  file("0002_b.sql", "CREATE TABLE b (x);\n-- @down\nDROP TABLE b;");
  up();
  const Error error = error_of([&] { down(2); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.message(), HasSubstr("no way back"));
  EXPECT_EQ(tables(), "a");
}

TEST_F(Migrations, two_that_migrate_at_once_apply_each_once) {
  options.busy_timeout = std::chrono::milliseconds(5);
  for (int i = 1; i <= 6; ++i) {
    file("000" + std::to_string(i) + "_m.sql",
         "CREATE TABLE t" + std::to_string(i) +
             " (x);"
             "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t" +
             std::to_string(i) + " SELECT i FROM n;");
  }
  std::atomic<std::size_t> applied{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      auto mine = open_connection(options);
      applied += migrate_up(*mine, all(), {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(applied, 6U);
  EXPECT_EQ(connection->scalar("SELECT count(*) FROM freshet_migrations"), "6");
}

}  // namespace
}  // namespace freshet::db
