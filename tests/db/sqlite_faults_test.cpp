// What goes wrong with files, disks and other processes: clear errors, nothing lost that was promised, and a database
// that goes on. Faults that need a process of their own run in a forked child.

#include <csignal>
#include <cstdlib>
#include <thread>

#include "db/sqlite/database.hpp"

#include "support.hpp"
#include <sys/resource.h>
#include <sys/wait.h>

namespace freshet::db::sqlite {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::read;
using test::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Runs `body` in a child process; true if it returned true. Not for a process that has threads of its own running.
bool in_child(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    bool good = false;
    try {
      good = body();
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "child: %s\n", failure.what());
    }
    std::_Exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class Faults : public ::testing::Test {
 protected:
  Faults() {
    options.pool_size = 2;
    open_connection(options)->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)");
  }
  test::TemporaryFolder folder;
  std::string path = folder.file("app.db");
  DatabaseOptions options = test::options_for(path);
};

/// A writer that is killed at any moment has lost nothing that it said was committed, and left nothing half done.
TEST_F(Faults, kill_in_the_middle_of_writes_loses_no_commit_and_keeps_transactions_whole) {
  for (int round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(pipe_ends[0]);
      auto connection = open_connection(options);
      for (std::int64_t i = 0;; ++i) {
        Transaction transaction(*connection, Mode::write);
        connection->execute("INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (-1);");
        transaction.commit();
        const char done = 'c';
        if (::write(pipe_ends[1], &done, 1) != 1) std::_Exit(0);
      }
    }
    close(pipe_ends[1]);
    std::int64_t committed = 0;
    char byte = 0;
    while (committed < 20 + round * 7 && ::read(pipe_ends[0], &byte, 1) == 1) ++committed;
    kill(child, SIGKILL);
    while (::read(pipe_ends[0], &byte, 1) == 1) ++committed;
    close(pipe_ends[0]);
    waitpid(child, nullptr, 0);

    auto connection = open_connection(options);
    EXPECT_EQ(connection->scalar("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(connection->scalar("SELECT sum(a) FROM t"), "0");
    EXPECT_GE(std::stoll(connection->scalar("SELECT count(*) FROM t")), 2 * committed);
    connection->execute("DELETE FROM t");
  }
}

/// A disk that is full, as a limit on the size of files; with the signal ignored, write() fails like it does on ENOSPC.
TEST_F(Faults, full_disk_fails_the_write_clearly_and_reading_goes_on) {
  EXPECT_TRUE(in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    auto database = db::open_database(options);
    write(*database, {"INSERT INTO t (a) VALUES (7)"});
    const auto before = std::filesystem::file_size(path + "-wal");
    const rlimit limit{.rlim_cur = before + 8192, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    const Error error = error_of([&] {
      for (int i = 0; i < 20; ++i) write(*database, {"INSERT INTO t (a) VALUES (randomblob(5000))"});
    });
    const std::string left = read(*database, "SELECT min(id), a FROM t").front();
    const rlimit unlimited{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &unlimited);
    write(*database, {"INSERT INTO t (a) VALUES (8)"});
    const std::string after = read(*database, "SELECT count(*) FROM t WHERE a = 8").front();
    std::fprintf(stderr, "%s | %s\n", error.what(), error.log_detail().c_str());
    return error.kind() == ErrorKind::unavailable && error.retry_after_s() > 0 && !error.log_detail().empty() &&
           error.message().find(path) == std::string::npos && left == "1|7" && after == "1";
  }));
  EXPECT_EQ(open_connection(options)->scalar("PRAGMA integrity_check"), "ok");
}

TEST_F(Faults, other_process_holding_the_write_lock_delays_a_write_but_does_not_fail_it) {
  options.busy_timeout = milliseconds(20);  // far shorter than the lock is held
  auto database = db::open_database(options);
  auto other = open_connection(options);
  other->begin(Mode::write);
  std::thread releaser([&] {
    while (database->figures().busy_retries < 3) std::this_thread::yield();
    other->rollback();
  });
  write(*database, {"INSERT INTO t (a) VALUES (1)"});
  releaser.join();
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
}

TEST_F(Faults, write_lock_that_is_never_released_ends_in_unavailable_at_the_pool_timeout) {
  options.busy_timeout = milliseconds(10);
  options.pool_timeout = milliseconds(60);
  auto database = db::open_database(options);
  auto other = open_connection(options);
  other->begin(Mode::write);
  const Error error = error_of([&] { write(*database, {"INSERT INTO t (a) VALUES (1)"}); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_GT(error.retry_after_s(), 0U);
  EXPECT_THAT(error.message(), HasSubstr("busy"));
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("0")) << "readers are not concerned";
  other->rollback();
  write(*database, {"INSERT INTO t (a) VALUES (1)"});
}

TEST_F(Faults, close_does_not_wait_for_another_processes_lock) {
  options.busy_timeout = std::chrono::minutes(10);
  options.pool_timeout = std::chrono::minutes(10);
  auto database = db::open_database(options);
  auto other = open_connection(options);
  other->begin(Mode::write);
  std::optional<ErrorKind> outcome;
  std::thread writer([&] { outcome = error_of([&] { write(*database, {"INSERT INTO t (a) VALUES (1)"}); }).kind(); });
  while (database->figures().writer.in_use == 0) std::this_thread::yield();
  database->close(std::chrono::steady_clock::now());
  writer.join();
  EXPECT_EQ(outcome, ErrorKind::unavailable);
}

TEST_F(Faults, file_overwritten_with_garbage_never_gives_wrong_answers_and_a_restored_one_is_served_again) {
  open_connection(options)->execute("INSERT INTO t (a) VALUES (5)");
  const std::string backup = folder.file("backup.db");
  std::filesystem::copy_file(path, backup);
  options.pool_size = 1;
  options.pool_overflow = 0;
  auto database = db::open_database(options);
  const StatementPtr statement = database->prepare("SELECT a FROM t");
  const auto ask = [&] {
    test::Rows rows;
    Work work;
    work.steps.push_back(test::step(statement, &rows));
    test::run_coro(database->run(work));
    return rows.rows;
  };
  EXPECT_THAT(ask(), ElementsAre("5"));
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(std::filesystem::file_size(path), 'x');
  }
  try {
    EXPECT_THAT(ask(), ElementsAre("5")) << "from its cache";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("damaged"));
    EXPECT_THAT(error.message(), Not(HasSubstr(path)));
  }
  const Error refused = error_of([&] { static_cast<void>(db::open_database(options)); });
  EXPECT_EQ(refused.kind(), ErrorKind::config);
  EXPECT_THAT(refused.message(), HasSubstr("is not a SQLite database"));

  std::filesystem::rename(backup, path);
  EXPECT_THAT(ask(), ElementsAre("5"));
}

TEST_F(Faults, database_that_is_damaged_inside_fails_clearly_and_the_rest_serves_on) {
  {
    auto connection = open_connection(options);
    connection->execute(
        "CREATE TABLE good (a); INSERT INTO good VALUES (1); CREATE TABLE bad (a);"
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        "INSERT INTO bad SELECT hex(randomblob(20)) FROM n;");
    const std::int64_t root = std::stoll(connection->scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'bad'"));
    connection.reset();
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((root - 1) * 4096);
    file << std::string(4096, '\x7f');
  }
  auto database = db::open_database(options);
  const Error error = error_of([&] { read(*database, "SELECT count(a) FROM bad"); });
  EXPECT_EQ(error.kind(), ErrorKind::internal);
  EXPECT_THAT(error.message(), HasSubstr("damaged"));
  EXPECT_THAT(error.log_detail(), HasSubstr("integrity_check"));
  EXPECT_THAT(read(*database, "SELECT a FROM good"), ElementsAre("1"));
  EXPECT_GE(database->figures().readers.discarded, 1U) << "the session that saw it is not trusted any more";
}

/// Somebody restores a backup by moving it into place while the server runs.
TEST_F(Faults, file_that_was_replaced_is_noticed_after_a_moment_of_rest) {
  {
    auto connection = open_connection(options);
    connection->execute("INSERT INTO t (a) VALUES ('old')");
  }
  DatabaseOptions other = test::options_for(folder.file("other.db"));
  open_connection(other)->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t (a) VALUES ('new')");
  options.pool_size = 1;
  options.pool_overflow = 0;
  auto database = db::open_database(options);
  EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("old"));
  const StatementPtr statement = database->prepare("SELECT a FROM t");
  std::filesystem::rename(folder.file("other.db"), path);
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
  std::vector<std::string> seen;
  for (int i = 0; i < 50 && seen != std::vector<std::string>{"new"}; ++i) {
    std::this_thread::sleep_for(milliseconds(1050));  // what has to pass is idle time
    test::Rows rows;
    Work work;
    work.steps.push_back(test::step(statement, &rows));
    test::run_coro(database->run(work));
    seen = rows.rows;
  }
  EXPECT_THAT(seen, ElementsAre("new"));
}

/// A session that is asked again and again is never at rest.
TEST_F(Faults, file_that_was_replaced_is_noticed_by_sessions_that_are_always_busy) {
  open_connection(options)->execute("INSERT INTO t (a) VALUES ('old')");
  const DatabaseOptions other = test::options_for(folder.file("other.db"));
  open_connection(other)->execute(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t (a) VALUES ('new');"
      "CREATE TABLE more (b)");
  options.pool_size = 1;
  options.pool_overflow = 0;
  auto database = db::open_database(options);
  const StatementPtr statement = database->prepare("SELECT a FROM t");
  const auto ask = [&] {
    test::Rows rows;
    Work work;
    work.steps.push_back(test::step(statement, &rows));
    test::run_coro(database->run(work));
    return rows.rows;
  };
  for (int i = 0; i < 100; ++i) ASSERT_THAT(ask(), ElementsAre("old"));
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
  std::filesystem::rename(folder.file("other.db"), path);
  for (int i = 0; i < 100; ++i) ASSERT_THAT(ask(), ElementsAre("new"));
  EXPECT_NO_THROW(static_cast<void>(database->prepare("SELECT b FROM more"))) << "statements are verified with it, too";
}

/// Between the two moves of a restore there is no file: none is made, into which the backup would then be copied.
TEST_F(Faults, file_that_is_gone_is_not_made_anew_by_who_only_asks) {
  auto database = db::open_database(options);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("0"));
  const StatementPtr statement = database->prepare("SELECT a FROM t");
  std::filesystem::rename(path, folder.file("aside.db"));
  const Error error = error_of([&] {
    Work work;
    work.steps.push_back(test::step(statement, nullptr));
    test::run_coro(database->run(work));
  });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::rename(folder.file("aside.db"), path);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("0"));
}

/// Only an ordinary user is stopped by permissions.
TEST_F(Faults, folder_that_may_not_be_written_serves_read_only_and_explains_itself_otherwise) {
  open_connection(options)->execute("INSERT INTO t (a) VALUES (3)");
  namespace fs = std::filesystem;
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  fs::permissions(folder.path(),
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  EXPECT_TRUE(in_child([&] {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return false;
    const Error refused = error_of([&] { static_cast<void>(open_connection(options)); });
    DatabaseOptions read_only = options;
    read_only.read_only = true;
    auto database = db::open_database(read_only);
    return refused.kind() == ErrorKind::config && !refused.hint().empty() &&
           read(*database, "SELECT a FROM t") == std::vector<std::string>{"3"};
  }));
  fs::permissions(folder.path(), fs::perms::owner_all);
}

}  // namespace
}  // namespace freshet::db::sqlite
