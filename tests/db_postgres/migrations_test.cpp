#include "db/migrations.hpp"

#include <thread>

#include "support.hpp"

namespace freshet::db {
namespace {

using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PostgresMigrations : public test::PostgresTest {
 protected:
  void write(std::string_view name, std::string_view text) { folder_.write(name, text); }
  [[nodiscard]] std::vector<Migration> all() const { return read_migrations(folder_.path(), Dialect::postgres); }
  std::size_t up(Connection& connection) const { return migrate_up(connection, all(), {}); }

  test::TemporaryFolder folder_;
};

TEST_F(PostgresMigrations, up_status_and_down_work_as_on_sqlite) {
  write("0001_notes.sql", "CREATE TABLE notes (id bigint PRIMARY KEY);\n-- @down\nDROP TABLE notes;");
  write("0002_title.sql", "SYNTAX OF THE OTHER DATABASE");
  write("0002_title.postgres.sql",
        "ALTER TABLE notes ADD COLUMN title text;\n-- @down\nALTER TABLE notes DROP COLUMN title;");
  const auto connection = connect();
  EXPECT_EQ(migration_status(*connection, all()).at(0).state, MigrationState::pending);
  EXPECT_EQ(up(*connection), 2U);
  EXPECT_EQ(up(*connection), 0U);
  EXPECT_EQ(migration_status(*connection, all()).at(1).state, MigrationState::applied);
  EXPECT_THAT(psql("SELECT name FROM freshet_migrations ORDER BY position"), "0001_notes\n0002_title");
  EXPECT_EQ(migrate_down(*connection, all(), 1, {}), 1U);
  EXPECT_EQ(psql("SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes'"), "1");
  EXPECT_EQ(migrate_down(*connection, all(), 5, {}), 1U);
  EXPECT_EQ(psql("SELECT count(*) FROM pg_class WHERE relname = 'notes'"), "0");
}

TEST_F(PostgresMigrations, failing_migration_leaves_no_trace_and_tells_its_place) {
  write("0001_notes.sql", "CREATE TABLE notes (id bigint);\nCREATE TABLE more (id bigin);\n");
  const auto connection = connect();
  const Error error = error_of([&] { up(*connection); });
  EXPECT_EQ(error.kind(), ErrorKind::config);
  EXPECT_THAT(error.place()->file, HasSubstr("0001_notes.sql"));
  EXPECT_EQ(error.place()->line, 2U);
  EXPECT_EQ(error.place()->column, 23U);
  EXPECT_EQ(psql("SELECT count(*) FROM pg_class WHERE relname IN ('notes', 'freshet_migrations')"), "0");
  EXPECT_EQ(migration_status(*connection, all()).at(0).state, MigrationState::pending);
}

TEST_F(PostgresMigrations, statements_that_would_end_the_transaction_are_refused) {
  const auto connection = connect();
  for (const char* statement : {"COMMIT", "BEGIN", "start transaction", "ROLLBACK", "ABORT", "VACUUM t"}) {
    write("0001_t.sql", std::string("CREATE TABLE t (a int);\n") + statement + ";\n");
    const Error error = error_of([&] { up(*connection); });
    EXPECT_EQ(error.place()->line, 2U) << statement;
    EXPECT_EQ(psql("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0") << statement;
  }
}

TEST_F(PostgresMigrations, two_processes_at_once_apply_each_migration_once) {
  // The first statement would fail if it were run twice; the second gives the other process time to come in between.
  for (const char* name : {"0001_a.sql", "0002_b.sql", "0003_c.sql"}) {
    write(name, std::string("CREATE TABLE t") + name[3] + " (a int);\nSELECT pg_sleep(0.05);\n");
  }
  std::vector<std::size_t> counts(4);
  std::vector<std::thread> processes;
  for (std::size_t& count : counts) {
    processes.emplace_back([&, connection = std::shared_ptr<Connection>(connect())] { count = up(*connection); });
  }
  for (std::thread& process : processes) process.join();
  EXPECT_EQ(counts[0] + counts[1] + counts[2] + counts[3], 3U);
  EXPECT_EQ(psql("SELECT count(*) FROM freshet_migrations"), "3");
}

TEST_F(PostgresMigrations, search_path_without_a_schema_is_told) {
  write("0001_t.sql", "SELECT 1;");
  DatabaseOptions options = this->options();
  options.url = freshet::test::PostgresServer::with(url_, "options=-c%20search_path%3Dnowhere");
  const Error error = error_of([&] { up(*open_connection(options)); });
  EXPECT_THAT(error.message(), HasSubstr("search_path"));
}

}  // namespace
}  // namespace freshet::db
