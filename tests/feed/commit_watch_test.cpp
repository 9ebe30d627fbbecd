// What the watch sees of commits by this process, by another, and by those who commit nothing.

#include "feed/sqlite/commit_watch.hpp"

#include <filesystem>

#include "support.hpp"

namespace freshet::feed::sqlite {
namespace {

class CommitWatchTest : public testing::Test {
 protected:
  CommitWatchTest() { test::shell(path_, "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)"); }

  CommitWatch watch(bool read_only = false) const {
    db::sqlite::OpenOptions options;
    options.path = path_;
    options.read_only = read_only;
    return CommitWatch(options);
  }

  db::test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("app.db");
};

TEST_F(CommitWatchTest, sees_nothing_where_nothing_was_committed) {
  CommitWatch eyes = watch();
  ASSERT_TRUE(eyes.in_shared_memory());
  const CommitMark mark = eyes.look().value();
  EXPECT_TRUE(eyes.same(mark));
  test::shell(path_, "SELECT count(*) FROM t");
  test::shell(path_, "BEGIN; INSERT INTO t VALUES (2); ROLLBACK");
  EXPECT_TRUE(eyes.same(mark));
}

TEST_F(CommitWatchTest, sees_a_commit_of_another_process_and_of_another_connection) {
  CommitWatch eyes = watch();
  const CommitMark first = eyes.look().value();
  test::shell(path_, "INSERT INTO t VALUES (2)");
  EXPECT_FALSE(eyes.same(first));
  const CommitMark second = eyes.look().value();
  const auto connection = db::open_connection(db::test::options_for(path_));
  EXPECT_TRUE(eyes.same(second));
  connection->execute("UPDATE t SET a = 3");
  EXPECT_FALSE(eyes.same(second));
}

TEST_F(CommitWatchTest, sees_a_commit_only_when_it_is_made) {
  CommitWatch eyes = watch();
  const CommitMark before = eyes.look().value();
  const auto connection = db::open_connection(db::test::options_for(path_));
  db::Transaction transaction(*connection, db::Mode::write);
  connection->execute("INSERT INTO t VALUES (2)");
  EXPECT_TRUE(eyes.same(before));
  transaction.commit();
  EXPECT_FALSE(eyes.same(before));
}

TEST_F(CommitWatchTest, does_not_take_a_checkpoint_for_a_commit_and_sees_commits_after_the_log_restarts) {
  CommitWatch eyes = watch();
  test::shell(path_, "INSERT INTO t VALUES (2)");
  const CommitMark mark = eyes.look().value();
  test::shell(path_, "PRAGMA wal_checkpoint(PASSIVE)");
  EXPECT_TRUE(eyes.same(mark));
  test::shell(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
  for (int i = 0; i < 20; ++i) {
    const CommitMark before = eyes.look().value();
    test::shell(path_, "INSERT INTO t VALUES (3); PRAGMA wal_checkpoint(RESTART)");
    EXPECT_FALSE(eyes.same(before)) << i;
  }
}

TEST_F(CommitWatchTest, keeps_the_journal_mode_what_it_is) {
  CommitWatch eyes = watch();
  EXPECT_FALSE(test::shell_may_fail(path_, "PRAGMA journal_mode = DELETE")) << "the watch holds the file";
  const CommitMark mark = eyes.look().value();
  test::shell(path_, "INSERT INTO t VALUES (10)");
  EXPECT_FALSE(eyes.same(mark));
}

TEST_F(CommitWatchTest, watches_a_file_that_it_may_only_read) {
  CommitWatch eyes = watch(true);
  const CommitMark mark = eyes.look().value();
  test::shell(path_, "INSERT INTO t VALUES (2)");
  EXPECT_FALSE(eyes.same(mark));
}

TEST_F(CommitWatchTest, asks_for_the_data_version_where_there_is_no_write_ahead_log) {
  test::shell(path_, "PRAGMA journal_mode = DELETE");
  CommitWatch eyes = watch(true);
  EXPECT_FALSE(eyes.in_shared_memory());
  const CommitMark first = eyes.look().value();
  EXPECT_TRUE(eyes.same(first));
  test::shell(path_, "INSERT INTO t VALUES (2)");
  EXPECT_FALSE(eyes.same(first));
  const CommitMark second = eyes.look().value();
  test::shell(path_, "PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)");
  EXPECT_FALSE(eyes.same(second));
}

TEST_F(CommitWatchTest, notices_that_the_file_was_replaced) {
  CommitWatch eyes = watch();
  EXPECT_TRUE(eyes.same_file());
  std::filesystem::copy_file(path_, folder_.file("copy.db"));
  std::filesystem::rename(folder_.file("copy.db"), path_);
  EXPECT_FALSE(eyes.same_file());
}

}  // namespace
}  // namespace freshet::feed::sqlite
