// Mode `database`: the rounds of hits and misses, as a cache makes them, against writes from everywhere.

#include <atomic>
#include <chrono>
#include <thread>

#include "feed/feed.hpp"

#include "support.hpp"

namespace freshet::feed {
namespace {

class SqliteFeedTest : public testing::Test {
 protected:
  SqliteFeedTest() { open("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (1)"); }

  void open(const std::string& schema, bool read_only = false) {
    if (!schema.empty()) test::shell(path_, schema);
    options_ = db::test::options_for(path_);
    options_.read_only = read_only;
    options_.pool_size = 2;
    feed_.reset();
    database_ = db::open_database(options_);
    feed_ = open_feed(options_, *database_);
  }

  struct Answer {
    std::vector<std::string> rows;
    std::optional<Stamp> stamp;
  };

  /// A miss: pin, read, seal. `between` runs after the position was read and before the query.
  Answer fill(const std::function<void()>& between = {}, std::vector<Tag> tags = {table_tag("t")}) {
    PendingStamp pending(feed_->tags(), std::move(tags));
    const std::unique_ptr<FillPosition> position = feed_->fill();
    db::test::Rows rows;
    db::Work work;
    work.steps.resize(1);
    work.steps[0].statement = database_->prepare("SELECT sum(a) FROM t");
    work.steps[0].sink = &rows;
    if (between) work.steps[0].bind = [&](db::Binder&) { between(); };
    position->lead(work);
    db::test::run_coro(database_->run(work));
    Answer answer{.rows = rows.rows, .stamp = std::nullopt};
    if (const auto at = position->position()) answer.stamp = std::move(pending).seal(*at);
    return answer;
  }

  /// A hit's question.
  bool valid(const Stamp& stamp) {
    if (!feed_->is_current()) db::test::run_coro(feed_->catch_up());
    return stamp.holds();
  }

  db::test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("app.db");
  db::DatabaseOptions options_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Feed> feed_;
};

TEST_F(SqliteFeedTest, an_answer_stays_valid_while_nobody_commits) {
  const Answer answer = fill();
  ASSERT_TRUE(answer.stamp);
  EXPECT_EQ(answer.rows, std::vector<std::string>{"1"});
  EXPECT_TRUE(feed_->is_current());
  EXPECT_TRUE(valid(*answer.stamp));
  test::shell(path_, "PRAGMA wal_checkpoint(PASSIVE); BEGIN; DELETE FROM t; ROLLBACK");
  EXPECT_TRUE(feed_->is_current());
  EXPECT_TRUE(valid(*answer.stamp));
}

TEST_F(SqliteFeedTest, a_commit_by_another_process_kills_the_answer_at_once) {
  const Answer answer = fill();
  test::shell(path_, "INSERT INTO t VALUES (2)");
  EXPECT_FALSE(feed_->is_current());
  EXPECT_FALSE(valid(*answer.stamp));
  EXPECT_TRUE(feed_->is_current());
  const Answer next = fill();
  EXPECT_EQ(next.rows, std::vector<std::string>{"3"});
  EXPECT_TRUE(valid(*next.stamp));
}

TEST_F(SqliteFeedTest, a_commit_through_the_servers_own_database_kills_the_answer_at_once) {
  const Answer answer = fill();
  db::Work work;
  work.mode = db::Mode::write;
  work.steps.resize(1);
  work.steps[0].statement = database_->prepare("UPDATE t SET a = 7");
  db::test::run_coro(database_->run(work));
  EXPECT_FALSE(valid(*answer.stamp));
}

TEST_F(SqliteFeedTest, a_schema_change_kills_the_answer) {
  const Answer answer = fill();
  test::shell(path_, "ALTER TABLE t ADD COLUMN b");
  EXPECT_FALSE(valid(*answer.stamp));
}

TEST_F(SqliteFeedTest, a_fill_that_a_commit_overtakes_gives_what_it_read_and_dies_with_the_commit) {
  const Answer answer = fill([this] { test::shell(path_, "INSERT INTO t VALUES (2)"); });
  EXPECT_EQ(answer.rows, std::vector<std::string>{"1"}) << "its snapshot is from before";
  if (answer.stamp) {
    EXPECT_FALSE(valid(*answer.stamp));
  }
}

TEST_F(SqliteFeedTest, a_fill_that_the_feed_overtakes_is_not_kept) {
  const Answer answer = fill([this] {
    test::shell(path_, "INSERT INTO t VALUES (2)");
    db::test::run_coro(feed_->catch_up());
  });
  EXPECT_FALSE(answer.stamp.has_value());
}

TEST_F(SqliteFeedTest, a_fill_tells_of_a_commit_that_nobody_had_caught_up_with) {
  const Answer first = fill();
  test::shell(path_, "INSERT INTO t VALUES (2)");
  const Answer second = fill();
  ASSERT_TRUE(second.stamp);
  EXPECT_TRUE(feed_->is_current());
  EXPECT_FALSE(first.stamp->holds());
  EXPECT_TRUE(second.stamp->holds());
}

TEST_F(SqliteFeedTest, works_that_write_have_no_position) {
  const std::unique_ptr<FillPosition> position = feed_->fill();
  db::Work work;
  work.mode = db::Mode::write;
  work.steps.resize(1);
  work.steps[0].statement = database_->prepare("INSERT INTO t VALUES (2) RETURNING a");
  position->lead(work);
  EXPECT_EQ(work.steps.size(), 1U);
  db::test::run_coro(database_->run(work));
  EXPECT_FALSE(position->position().has_value());
}

TEST_F(SqliteFeedTest, sees_whole_tables_and_no_pieces) {
  const Shape whole{"t", {}};
  const Shape piece{"t", {"a"}};
  EXPECT_EQ(feed_->watch({whole, piece})->unseen(), std::vector<Shape>{piece});
  EXPECT_EQ(feed_->figures().mode, Mode::database);
}

TEST_F(SqliteFeedTest, a_file_that_was_replaced_kills_every_answer_and_the_new_one_is_followed) {
  const Answer answer = fill();
  std::filesystem::copy_file(path_, folder_.file("copy.db"));
  test::shell(folder_.file("copy.db"), "UPDATE t SET a = 8");
  std::filesystem::rename(folder_.file("copy.db"), path_);
  db::test::run_coro(feed_->catch_up());
  EXPECT_FALSE(answer.stamp->holds());
  EXPECT_TRUE(feed_->is_current());
  test::shell(path_, "INSERT INTO t VALUES (2)");
  EXPECT_FALSE(feed_->is_current());
}

TEST_F(SqliteFeedTest, a_fill_notices_that_the_file_was_replaced) {
  std::filesystem::copy_file(path_, folder_.file("copy.db"));
  std::filesystem::rename(folder_.file("copy.db"), path_);
  EXPECT_FALSE(fill().stamp);
}

/// Whoever asks steadily while the file is replaced: no answer of the file before is found, nor kept, once that has
/// been seen.
TEST_F(SqliteFeedTest, under_steady_load_no_answer_of_a_replaced_file_is_given_or_kept) {
  for (int round = 2; round <= 20; ++round) {
    const std::string next = folder_.file("next.db");
    test::shell(next, "PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (" +
                          std::to_string(round) + ")");
    std::atomic<int> least{round - 1};
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0}, asked{0};
    std::thread reader([&] {
      std::optional<Answer> kept;
      while (!done.load()) {
        const int at_least = least.load();
        if (!kept || !kept->stamp || !valid(*kept->stamp)) kept = fill();
        if (std::stoi(kept->rows.front()) < at_least) ++wrong;
        ++asked;
      }
    });
    while (asked.load() < 3) std::this_thread::yield();
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    std::filesystem::rename(next, path_);
    db::test::run_coro(feed_->catch_up());  // it has been seen
    least.store(round);
    for (const int before = asked.load(); asked.load() < before + 20;) std::this_thread::yield();
    done.store(true);
    reader.join();
    ASSERT_EQ(wrong.load(), 0) << round;
    const Answer answer = fill();
    ASSERT_EQ(answer.rows, std::vector<std::string>{std::to_string(round)});
    ASSERT_TRUE(answer.stamp) << round;
    ASSERT_TRUE(valid(*answer.stamp)) << round;
  }
}

/// Between planning and reading the file is replaced, and the feed has seen it: what is read is no answer of its era.
TEST_F(SqliteFeedTest, a_fill_that_was_planned_for_the_file_before_is_not_kept) {
  PendingStamp pending(feed_->tags(), {table_tag("t")});
  const std::unique_ptr<FillPosition> position = feed_->fill();
  db::test::Rows rows;
  db::Work work;
  work.steps.push_back(db::test::step(database_->prepare("SELECT sum(a) FROM t"), &rows));
  position->lead(work);
  std::filesystem::copy_file(path_, folder_.file("copy.db"));
  std::filesystem::rename(folder_.file("copy.db"), path_);
  db::test::run_coro(feed_->catch_up());
  db::test::run_coro(database_->run(work));
  EXPECT_FALSE(position->position().has_value());
}

TEST_F(SqliteFeedTest, a_file_that_is_gone_makes_the_feed_unavailable) {
  std::filesystem::remove(path_);
  const Error error = db::test::error_of([&] { db::test::run_coro(feed_->catch_up()); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_EQ(feed_->figures().failures, 1U);
}

TEST_F(SqliteFeedTest, files_that_are_only_read_are_followed_with_and_without_a_write_ahead_log) {
  for (const char* journal : {"WAL", "DELETE"}) {
    feed_.reset();
    database_.reset();
    open(std::string("PRAGMA journal_mode = ") + journal, true);
    const Answer answer = fill();
    ASSERT_TRUE(answer.stamp) << journal;
    EXPECT_TRUE(valid(*answer.stamp)) << journal;
    test::shell(path_, "INSERT INTO t VALUES (2)");
    EXPECT_FALSE(feed_->is_current()) << journal;
    EXPECT_FALSE(valid(*answer.stamp)) << journal;
    EXPECT_TRUE(feed_->is_current()) << journal;
  }
}

/// The promise itself: whoever finds a stamp valid holds what a fresh query gives, by the counter that the writer
/// publishes after each of its commits.
TEST_F(SqliteFeedTest, no_reader_finds_an_answer_valid_that_is_older_than_a_commit_that_returned) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto in_time = [give_up] { return std::chrono::steady_clock::now() < give_up; };
  std::atomic<int> committed{1};
  std::atomic<bool> done{false};
  std::atomic<int> stale{0};
  std::atomic<int> hits{0};
  std::thread writer([&] {
    const auto connection = db::open_connection(options_);
    for (int i = 2; i <= 400; ++i) {
      connection->execute("UPDATE t SET a = " + std::to_string(i));
      committed.store(i);
      // Now and then long enough that readers find an answer valid, however slow they are here.
      for (const int before = hits.load(); i % 40 == 0 && hits.load() == before && in_time();) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    done.store(true);
  });
  const auto read = [&] {
    while (!done.load()) {
      const Answer answer = fill();
      if (!answer.stamp) continue;
      for (int again = 0; again < 50; ++again) {
        const int least = committed.load();
        if (!valid(*answer.stamp)) break;
        ++hits;
        if (std::stoi(answer.rows.front()) < least) ++stale;
      }
    }
  };
  std::thread other(read);
  read();
  other.join();
  writer.join();
  EXPECT_EQ(stale.load(), 0);
  EXPECT_GE(hits.load(), 10) << "some answers have to be found valid, or nothing was tried";
  // The feed's own look, begun before the last commit, may end the first answers after it.
  Answer last = fill();
  while (!(last.stamp && valid(*last.stamp)) && in_time()) last = fill();
  EXPECT_EQ(last.rows, std::vector<std::string>{"400"});
  ASSERT_TRUE(last.stamp);
  EXPECT_TRUE(valid(*last.stamp));
}

}  // namespace
}  // namespace freshet::feed
