// Mode `pieces`: each way to write to a table changes the pieces where rows were or are, and no other.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "feed/sqlite/log_trimmer.hpp"

#include "watched_database.hpp"

namespace freshet::feed {
namespace {

using test::piece;
using test::shape;
using Names = std::set<std::string>;

class PiecesTest : public test::WatchedDatabase {
 protected:
  PiecesTest() {
    start(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, month TEXT NOT NULL, code TEXT UNIQUE, amount INTEGER);"
        "INSERT INTO t VALUES (1, 'jan', 'a', 10), (2, 'feb', 'b', 20), (3, 'mar', 'c', 30);"
        "CREATE TABLE other(x); CREATE TABLE unwatched(x)",
        {shape("t", {"month"}), shape("t", {"code", "month"}), shape("other")});
  }

  const std::vector<Tag> tags_{table_tag("t"),
                               piece("t", "month", std::string("jan")),
                               piece("t", "month", std::string("feb")),
                               piece("t", "month", std::string("mar")),
                               table_tag("other"),
                               piece_tag(shape("t", {"code", "month"}), {"ta", "tjan"})};
};

TEST_F(PiecesTest, an_insert_changes_the_piece_that_it_goes_to_and_the_table) {
  EXPECT_EQ(changed(tags_, "INSERT INTO t VALUES (4, 'feb', 'd', 1)"), (Names{"t", "t[month=feb]"}));
  EXPECT_EQ(changed(tags_, "INSERT INTO t(month) VALUES ('dec')"), (Names{"t"}));
  EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1)"), (Names{"other"}));
  EXPECT_EQ(changed(tags_, "INSERT INTO unwatched VALUES (1)"), (Names{}));
}

TEST_F(PiecesTest, an_update_changes_where_the_row_was_and_where_it_is) {
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 11 WHERE id = 2"), (Names{"t", "t[month=feb]"}));
  EXPECT_EQ(changed(tags_, "UPDATE t SET month = 'mar' WHERE id = 2"), (Names{"t", "t[month=feb]", "t[month=mar]"}));
  EXPECT_EQ(changed(tags_, "UPDATE t SET code = 'z' WHERE id = 1"),
            (Names{"t", "t[month=jan]", "t[code=a,month=jan]"}));
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 0 WHERE id = 99"), (Names{}));
}

TEST_F(PiecesTest, a_delete_changes_where_the_row_was_also_when_it_deletes_all) {
  EXPECT_EQ(changed(tags_, "DELETE FROM t WHERE id = 3"), (Names{"t", "t[month=mar]"}));
  EXPECT_EQ(changed(tags_, "DELETE FROM t"), (Names{"t", "t[month=jan]", "t[month=feb]", "t[code=a,month=jan]"}));
}

TEST_F(PiecesTest, replace_changes_where_the_rows_were_that_it_throws_out) {
  EXPECT_EQ(changed(tags_, "REPLACE INTO t VALUES (1, 'feb', 'x', 1)"),
            (Names{"t", "t[month=jan]", "t[month=feb]", "t[code=a,month=jan]"}))
      << "by its primary key";
  EXPECT_EQ(changed(tags_, "INSERT OR REPLACE INTO t VALUES (7, 'dec', 'c', 1)"), (Names{"t", "t[month=mar]"}))
      << "by another key";
  EXPECT_EQ(changed(tags_, "UPDATE OR REPLACE t SET id = 2 WHERE id = 7"), (Names{"t", "t[month=feb]"}));
}

TEST_F(PiecesTest, an_upsert_changes_the_row_that_it_meets) {
  EXPECT_EQ(changed(tags_, "INSERT INTO t VALUES (9, 'dec', 'b', 1) ON CONFLICT(code) DO UPDATE SET month = 'mar'"),
            (Names{"t", "t[month=feb]", "t[month=mar]"}));
}

TEST_F(PiecesTest, what_is_rolled_back_changes_nothing) {
  EXPECT_EQ(changed(tags_, "BEGIN; DELETE FROM t; ROLLBACK"), (Names{}));
  EXPECT_EQ(changed(tags_,
                    "BEGIN; DELETE FROM t WHERE id = 1; SAVEPOINT s; DELETE FROM t WHERE id = 2; ROLLBACK TO s; "
                    "DELETE FROM t WHERE id = 3; COMMIT"),
            (Names{"t", "t[month=jan]", "t[month=mar]", "t[code=a,month=jan]"}));
  EXPECT_EQ(feed_->figures().gaps, 0U) << "ids have no gaps after a rollback";
}

TEST_F(PiecesTest, statements_that_fail_halfway_leave_no_gap_and_hide_nothing) {
  const auto fails = [&](const std::string& sql) { EXPECT_FALSE(test::shell_may_fail(path_, sql)) << sql; };
  EXPECT_EQ(changed(tags_, [&] { fails("INSERT INTO t VALUES (4, 'feb', 'd', 1), (1, 'mar', 'e', 1)"); }), (Names{}));
  EXPECT_EQ(changed(tags_, [&] { fails("INSERT OR FAIL INTO t VALUES (5, 'feb', 'f', 1), (1, 'mar', 'e', 1)"); }),
            (Names{"t", "t[month=feb]", "t[month=jan]", "t[code=a,month=jan]"}))
      << "the first row stays; the second was looked at before it failed";
  EXPECT_EQ(changed(tags_, "INSERT INTO t VALUES (6, 'mar', 'g', 1)"), (Names{"t", "t[month=mar]"}));
  EXPECT_EQ(feed_->figures().gaps, 0U);
}

TEST_F(PiecesTest, writers_in_other_languages_and_through_attach_are_seen) {
  EXPECT_EQ(changed(tags_,
                    [&] {
                      const std::string python =
                          "import sqlite3; c = sqlite3.connect('" + path_ +
                          "'); c.executemany('INSERT INTO t(month) VALUES (?)', [('jan',), ('mar',)]); c.commit()";
                      ASSERT_EQ(std::system(("python3 -c \"" + python + "\"").c_str()), 0);
                    }),
            (Names{"t", "t[month=jan]", "t[month=mar]"}));
  EXPECT_EQ(changed(tags_,
                    [&] {
                      test::shell(folder_.file("elsewhere.db"),
                                  "ATTACH '" + path_ + "' AS app; UPDATE app.t SET amount = 0 WHERE id = 2");
                    }),
            (Names{"t", "t[month=feb]"}));
}

TEST_F(PiecesTest, a_bulk_write_changes_the_whole_table_and_no_other) {
  const Names all{"t", "t[month=jan]", "t[month=feb]", "t[month=mar]", "t[code=a,month=jan]"};
  EXPECT_EQ(changed(tags_,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                    "INSERT INTO t(month, amount) SELECT 'dec', i FROM n"),
            all);
  EXPECT_EQ(feed_->figures().gaps, 0U);
  EXPECT_EQ(changed(tags_, "INSERT INTO t VALUES (90000, 'feb', 'd', 1)"), (Names{"t", "t[month=feb]"})) << "and after";
}

TEST_F(PiecesTest, more_than_a_reading_takes_changes_everything) {
  const Names all{"t", "t[month=jan]", "t[month=feb]", "t[month=mar]", "t[code=a,month=jan]", "other"};
  EXPECT_EQ(changed(tags_,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) "
                    "INSERT INTO t(month, amount) SELECT 'dec', i FROM n"),
            all);
  EXPECT_EQ(feed_->figures().gaps, 1U);
}

TEST_F(PiecesTest, a_gap_in_the_log_changes_everything) {
  const Names all{"t", "t[month=jan]", "t[month=feb]", "t[month=mar]", "t[code=a,month=jan]", "other"};
  const std::string empty = "DELETE FROM freshet_change WHERE id < (SELECT max(id) FROM freshet_change)";
  EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1); INSERT INTO other VALUES (2)"), (Names{"other"}));
  EXPECT_EQ(changed(tags_, empty), (Names{})) << "what had been read";
  EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1)"), (Names{"other"})) << "ids go on";
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 2 WHERE id = 2; INSERT INTO other VALUES (2);" + empty), all);
  EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1), (2), (3); DELETE FROM freshet_change WHERE id % 2 = 1"), all);
  EXPECT_EQ(feed_->figures().gaps, 2U);
}

TEST_F(PiecesTest, the_newest_record_stays_so_that_ids_never_begin_again) {
  test::shell(path_, "INSERT INTO other VALUES (1), (2), (3)");
  EXPECT_FALSE(test::shell_may_fail(path_, "DELETE FROM freshet_change"));
  EXPECT_FALSE(test::shell_may_fail(path_, "DELETE FROM freshet_change WHERE id = 3"));
  EXPECT_EQ(changed(tags_, "DROP TABLE freshet_change; CREATE TABLE freshet_change(id INTEGER PRIMARY KEY, t, p1, p2)")
                .size(),
            6U);
  EXPECT_EQ(feed_->figures().mode, Mode::database);
}

TEST_F(PiecesTest, another_schema_changes_everything_and_is_followed) {
  const Names all{"t", "t[month=jan]", "t[month=feb]", "t[month=mar]", "t[code=a,month=jan]", "other"};
  for (const char* sql : {"ALTER TABLE t ADD COLUMN note TEXT", "CREATE TABLE more(x)", "VACUUM"}) {
    EXPECT_EQ(changed(tags_, sql), all) << sql;
    EXPECT_EQ(feed_->figures().mode, Mode::pieces) << sql;
    EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 1 WHERE id = 2"), (Names{"t", "t[month=feb]"})) << sql;
  }
}

TEST_F(PiecesTest, without_its_triggers_any_commit_changes_everything_until_they_are_back) {
  const Names all{"t", "t[month=jan]", "t[month=feb]", "t[month=mar]", "t[code=a,month=jan]", "other"};
  for (const char* sql :
       {"DROP TRIGGER freshet_watch_t_before_insert", "CREATE UNIQUE INDEX one_more ON t(amount, code)",
        "DELETE FROM freshet_watch WHERE table_name = 'other'; CREATE TABLE mark(x)",
        "DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY, month TEXT NOT NULL, code TEXT UNIQUE, amount INTEGER)",
        "CREATE TRIGGER meddles AFTER INSERT ON freshet_change BEGIN SELECT 1; END"}) {
    EXPECT_EQ(changed(tags_, sql), all) << sql;
    EXPECT_EQ(feed_->figures().mode, Mode::database) << sql;
    EXPECT_NE(feed_->figures().reason, "") << sql;
    EXPECT_EQ(changed(tags_, "INSERT INTO unwatched VALUES (1)"), all) << sql;
    test::shell(path_, "DROP TRIGGER IF EXISTS meddles; DROP TABLE IF EXISTS mark");
    install(shapes_);
    EXPECT_TRUE(watches_all()) << sql;
    EXPECT_EQ(feed_->figures().mode, Mode::pieces) << sql << feed_->figures().reason;
    EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1)"), (Names{"other"})) << sql;
  }
}

TEST_F(PiecesTest, shapes_that_no_trigger_logs_are_given_back) {
  const std::vector<Shape> asked{shape("t"), shape("t", {"amount"}), shape("t", {"code"}), shape("unwatched")};
  EXPECT_EQ(feed_->watch(asked)->unseen(), (std::vector<Shape>{shape("t", {"amount"}), shape("unwatched")}));
}

TEST_F(PiecesTest, a_column_that_is_logged_no_more_changes_all_pieces_of_its_table) {
  install({shape("t", {"month"}), shape("t"), shape("other")});
  catch_up();
  EXPECT_EQ(feed_->figures().mode, Mode::pieces) << feed_->figures().reason;
  EXPECT_EQ(changed(tags_, "INSERT INTO t(month, code) VALUES ('dec', 'dec')"),
            (Names{"t", "t[month=jan]", "t[month=feb]", "t[month=mar]", "t[code=a,month=jan]"}));
}

TEST_F(PiecesTest, the_way_back_leaves_nothing_and_the_way_there_again_the_same) {
  const auto schema = [&] {
    const auto connection = db::open_connection(options());
    return db::test::query(*connection, "SELECT name, sql FROM sqlite_schema ORDER BY name");
  };
  const std::vector<std::string> watched = schema();
  const WatchPlan plan = plan_unwatch(options());
  test::shell(path_, "BEGIN;" + plan.up + "COMMIT");
  for (const std::string& entry : schema()) EXPECT_FALSE(entry.starts_with("freshet_")) << entry;
  catch_up();
  EXPECT_EQ(feed_->figures().mode, Mode::database);
  EXPECT_TRUE(plan_unwatch(options()).empty());
  test::shell(path_, "BEGIN;" + plan.down + "COMMIT");
  EXPECT_EQ(schema(), watched);
  EXPECT_TRUE(plan_watch(options(), shapes_).empty());
  EXPECT_TRUE(watches_all());
  EXPECT_EQ(feed_->figures().mode, Mode::pieces) << feed_->figures().reason;
}

TEST_F(PiecesTest, a_plan_changes_only_what_differs_and_back) {
  const auto dump = [&] {
    const auto connection = db::open_connection(options());
    return db::test::query(*connection,
                           "SELECT name, sql FROM sqlite_schema WHERE name LIKE 'freshet%' UNION ALL "
                           "SELECT table_name, columns FROM freshet_watch ORDER BY 1");
  };
  const std::vector<std::string> before = dump();
  const WatchPlan plan =
      plan_watch(options(), {shape("t", {"amount"}), shape("t", {"code"}), shape("t", {"month"}), shape("unwatched")});
  using Step = WatchPlan::Step;
  ASSERT_EQ(plan.tables.size(), 3U);
  EXPECT_EQ(plan.tables[0].step, Step::remove);
  EXPECT_EQ(plan.tables[1].step, Step::change);
  EXPECT_EQ(plan.tables[2].step, Step::add);
  test::shell(path_, "BEGIN;" + plan.up + "COMMIT");
  catch_up();
  EXPECT_EQ(feed_->figures().reason,
            "the table other is read, and not watched: `freshet cache enable` adds its triggers");
  test::shell(path_, "BEGIN;" + plan.down + "COMMIT");
  EXPECT_EQ(dump(), before);
}

TEST_F(PiecesTest, those_who_wait_are_answered_when_the_feed_is_closed) {
  feed_->close();
  const Error error = db::test::error_of([&] { db::test::run_coro(feed_->catch_up()); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
}

class TrimmingTest : public PiecesTest {
 protected:
  static std::string insert(int rows) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(rows) +
           ") INSERT INTO t(month, amount) SELECT 'dec', i FROM n";
  }
  std::string log() {
    const auto connection = db::open_connection(options());
    return connection->scalar("SELECT count(*) || ' up to ' || max(id) FROM freshet_change");
  }
};

TEST_F(TrimmingTest, goes_on_by_itself_and_hides_nothing_from_those_who_read_in_time) {
  for (const int rows : {54'000, 54'000, 4'000}) changed(tags_, insert(rows));
  const auto trimmed = [&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (feed_->figures().trimmed == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  };
  EXPECT_EQ(changed(tags_, trimmed), (Names{}));
  EXPECT_EQ(feed_->figures().trimmed, 12'000U);
  EXPECT_EQ(log(), "100000 up to 112000");
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 1 WHERE id = 2"), (Names{"t", "t[month=feb]"}));
  EXPECT_EQ(feed_->figures().gaps, 0U);
}

TEST_F(TrimmingTest, takes_the_oldest_records_in_batches_and_stops_between_them) {
  watching_.reset();
  feed_.reset();
  sqlite::LogTrimmer trimmer({.path = path_});
  test::shell(path_, insert(109'000));
  EXPECT_EQ(trimmer.trim([] { return false; }).records, 0) << "not worth it yet";
  test::shell(path_, insert(6'000));
  const auto first = trimmer.trim([] { return true; });
  EXPECT_EQ(first.records, 2'000);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(log(), "113000 up to 115000");
  const auto rest = trimmer.trim([] { return false; });
  EXPECT_EQ(rest.records, 13'000);
  EXPECT_FALSE(rest.more);
  EXPECT_EQ(log(), "100000 up to 115000");
}

TEST_F(PiecesTest, a_fill_shows_its_own_snapshot_and_is_not_kept_if_the_feed_overtakes_it) {
  const std::string sql = "SELECT sum(amount) FROM t WHERE month = 'feb'";
  const Tag feb = piece("t", "month", std::string("feb"));
  const auto write = [&] { test::shell(path_, "UPDATE t SET amount = amount + 1 WHERE month = 'feb'"); };
  const Answer before = fill(sql, {feb}, write);
  EXPECT_EQ(before.rows, std::vector<std::string>{"20"});
  ASSERT_TRUE(before.stamp);
  EXPECT_FALSE(valid(*before.stamp)) << "the write came after its snapshot";
  const Answer overtaken = fill(sql, {feb}, [&] {
    write();
    catch_up();
  });
  EXPECT_FALSE(overtaken.stamp);
  const Answer after = fill(sql, {feb});
  EXPECT_EQ(after.rows, std::vector<std::string>{"22"});
  EXPECT_TRUE(valid(*after.stamp));
  test::shell(path_, "UPDATE t SET amount = 0 WHERE month = 'jan'");
  EXPECT_TRUE(valid(*after.stamp)) << "another piece";
}

TEST_F(PiecesTest, answers_are_kept_before_anything_was_ever_logged_and_after_the_log_is_gone) {
  const std::vector<Tag> tags{table_tag("t")};
  const Answer first = fill("SELECT sum(amount) FROM t", tags);
  ASSERT_TRUE(first.stamp);
  EXPECT_TRUE(valid(*first.stamp));
  const std::string script = plan_unwatch(options()).up;
  const Answer second =
      fill("SELECT sum(amount) FROM t", tags, [&] { test::shell(path_, "BEGIN;" + script + "COMMIT"); });
  EXPECT_EQ(second.rows, first.rows);
  EXPECT_FALSE(valid(*first.stamp));
  const Answer third = fill("SELECT sum(amount) FROM t", tags);
  ASSERT_TRUE(third.stamp);
  EXPECT_TRUE(valid(*third.stamp));
}

TEST_F(PiecesTest, a_fill_that_sees_more_than_was_told_is_valid_when_it_is_told) {
  test::shell(path_, "UPDATE t SET amount = 21 WHERE month = 'feb'");
  const Answer answer =
      fill("SELECT sum(amount) FROM t WHERE month = 'feb'", {piece("t", "month", std::string("feb"))});
  EXPECT_EQ(answer.rows, std::vector<std::string>{"21"});
  ASSERT_TRUE(answer.stamp);
  EXPECT_TRUE(valid(*answer.stamp));
}

/// As in mode `database`: whoever finds a stamp valid holds what a fresh query gives.
TEST_F(PiecesTest, no_reader_finds_an_answer_valid_that_is_older_than_a_commit_that_returned) {
  std::atomic<int> committed{0};
  std::atomic<bool> done{false};
  test::shell(path_, "UPDATE t SET amount = 0");
  std::thread writer([&] {
    const auto connection = db::open_connection(options());
    for (int i = 1; i <= 1'500; ++i) {
      connection->execute("UPDATE t SET amount = " + std::to_string(i) + " WHERE month = 'feb'");
      committed.store(i);
      connection->execute("UPDATE t SET amount = 0 WHERE month = 'jan'");
      if (i % 3 == 0) std::this_thread::yield();
    }
    done.store(true);
  });
  std::atomic<int> stale{0};
  std::atomic<int> hits{0};
  const auto read = [&] {
    while (!done.load()) {
      const Answer answer = fill("SELECT amount FROM t WHERE month = 'feb'", {piece("t", "month", std::string("feb"))});
      if (!answer.stamp) continue;
      for (int again = 0; again < 20; ++again) {
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
  EXPECT_GT(hits.load(), 0) << "some answers have to be found valid, or nothing was tried";
  const Answer last = fill("SELECT amount FROM t WHERE month = 'feb'", {piece("t", "month", std::string("feb"))});
  EXPECT_EQ(last.rows, std::vector<std::string>{"1500"});
}

TEST_F(PiecesTest, another_file_of_the_same_name_is_noticed_without_being_asked_for) {
  const Answer answer = fill("SELECT sum(amount) FROM t", {table_tag("t")});
  ASSERT_TRUE(answer.stamp);
  std::filesystem::copy_file(path_, folder_.file("copy.db"));
  std::filesystem::copy_file(path_ + "-wal", folder_.file("copy.db-wal"));
  test::shell(folder_.file("copy.db"),
              "UPDATE t SET amount = 1; UPDATE t SET amount = 2; PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::rename(folder_.file("copy.db"), path_);
  std::filesystem::remove(path_ + "-wal");
  std::filesystem::remove(path_ + "-shm");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (answer.stamp->holds() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(answer.stamp->holds());
  EXPECT_EQ(feed_->figures().mode, Mode::pieces) << feed_->figures().reason;
}

TEST_F(PiecesTest, sessions_that_are_never_at_rest_notice_another_file_too) {
  std::atomic<bool> done{false};
  std::thread busy([&] {
    while (!done.load()) static_cast<void>(fill("SELECT sum(amount) FROM t", {table_tag("t")}));
  });
  const std::string other = folder_.file("other.db");
  std::filesystem::copy_file(path_, other);
  std::filesystem::copy_file(path_ + "-wal", other + "-wal");
  test::shell(other, "UPDATE t SET amount = 1000");
  db::DatabaseOptions there = options();
  there.url = "sqlite:" + other;
  const std::vector<std::string> total = db::test::query(*db::open_connection(there), "SELECT sum(amount) FROM t");
  test::shell(other, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
  std::filesystem::remove(path_ + "-wal");
  std::filesystem::remove(path_ + "-shm");
  std::filesystem::rename(other, path_);
  const Answer next = fill("SELECT sum(amount) FROM t", {table_tag("t")});
  EXPECT_EQ(next.rows, total);
  done.store(true);
  busy.join();
}

TEST_F(PiecesTest, what_nobody_depends_on_any_more_does_not_have_to_be_watched) {
  test::shell(path_, "DROP TRIGGER freshet_watch_other_after_insert");
  catch_up();
  EXPECT_EQ(feed_->figures().mode, Mode::database) << "somebody depends on it";
  const std::uint64_t before = feed_->schema_changes();
  install({shape("t", {"month"}), shape("t")});
  watching_ = feed_->watch({shape("t")});
  db::test::run_coro(feed_->catch_up_with_schema());
  EXPECT_EQ(feed_->figures().mode, Mode::pieces) << feed_->figures().reason;
  EXPECT_GT(feed_->schema_changes(), before) << "whoever took every commit for a change may be more precise now";
}

TEST_F(PiecesTest, a_file_that_is_only_read_is_followed_by_pieces_too) {
  watching_.reset();
  feed_.reset();
  database_.reset();
  db::DatabaseOptions reading = options();
  reading.read_only = true;
  database_ = db::open_database(reading);
  feed_ = open_feed(reading, *database_);
  ASSERT_EQ(feed_->figures().mode, Mode::pieces) << feed_->figures().reason;
  ASSERT_TRUE(watches_all());
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 11 WHERE id = 2"), (Names{"t", "t[month=feb]"}));
}

class OtherTablesTest : public test::WatchedDatabase {};

TEST_F(OtherTablesTest, values_that_a_column_takes_for_equal_are_one_piece) {
  start("CREATE TABLE c(name TEXT COLLATE NOCASE, n NUMERIC)", {shape("c", {"name"}), shape("c", {"n"})});
  const std::vector<Tag> tags{piece("c", "name", std::string("FOOD"), sql::Affinity::text, sql::Collation::nocase),
                              piece("c", "n", std::int64_t{7}, sql::Affinity::numeric)};
  EXPECT_EQ(changed(tags, "INSERT INTO c VALUES ('Food', 1)").size(), 1U);
  EXPECT_EQ(changed(tags, "UPDATE c SET name = 'fooD'").size(), 1U);
  EXPECT_EQ(changed(tags, "INSERT INTO c VALUES ('rent', '7.0')"), (Names{"c[n=7]"}));
}

TEST_F(OtherTablesTest, cascades_and_triggers_of_the_app_are_writes_like_any_other) {
  start(
      "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE q(k TEXT, p REFERENCES p ON DELETE CASCADE);"
      "CREATE TABLE log(k TEXT); CREATE TRIGGER logs AFTER DELETE ON q BEGIN INSERT INTO log VALUES (OLD.k); END;"
      "INSERT INTO p VALUES (1), (2); INSERT INTO q VALUES ('x', 1), ('y', 2)",
      {shape("p"), shape("q", {"k"}), shape("log", {"k"})});
  const std::vector<Tag> tags{piece("q", "k", std::string("x")), piece("q", "k", std::string("y")),
                              piece("log", "k", std::string("x")), piece("log", "k", std::string("y"))};
  EXPECT_EQ(changed(tags, "PRAGMA foreign_keys = ON; DELETE FROM p WHERE id = 1"), (Names{"q[k=x]", "log[k=x]"}));
  EXPECT_EQ(changed(tags, "PRAGMA foreign_keys = ON; REPLACE INTO p VALUES (2)"), (Names{"q[k=y]", "log[k=y]"}));
}

TEST_F(OtherTablesTest, a_trigger_that_stops_those_after_it_hides_nothing) {
  start(
      "CREATE TABLE t(k TEXT); INSERT INTO t VALUES ('x');"
      "CREATE TRIGGER stops AFTER INSERT ON t BEGIN SELECT RAISE(IGNORE); END",
      {shape("t", {"k"})});
  const std::vector<Tag> tags{piece("t", "k", std::string("x")), piece("t", "k", std::string("y"))};
  EXPECT_EQ(changed(tags, "INSERT INTO t VALUES ('y')"), (Names{"t[k=x]", "t[k=y]"})) << "known only as a whole";
  EXPECT_EQ(changed(tags, "DELETE FROM t WHERE k = 'y'"), (Names{"t[k=x]", "t[k=y]"}));
}

TEST_F(OtherTablesTest, names_that_need_quotes_are_quoted) {
  start(
      "CREATE TABLE \"odd \"\"name\"\"\"(\"select\" TEXT, \"a b\" TEXT UNIQUE, [it's] TEXT);"
      "CREATE UNIQUE INDEX \"on\" ON \"odd \"\"name\"\"\" (lower([it's]) DESC, \"select\") WHERE \"a b\" <> 'x' -- why",
      {shape("odd \"name\"", {"select"}), shape("odd \"name\"", {"it's"})});
  const std::vector<Tag> tags{piece("odd \"name\"", "select", std::string("1"))};
  EXPECT_EQ(changed(tags, "INSERT INTO \"odd \"\"name\"\"\" VALUES (1, 'k', 'V')").size(), 1U);
  EXPECT_EQ(changed(tags, "REPLACE INTO \"odd \"\"name\"\"\" VALUES (2, 'k', 'W')").size(), 1U) << "by the one key";
  EXPECT_EQ(
      changed(tags, "DELETE FROM \"odd \"\"name\"\"\"; INSERT INTO \"odd \"\"name\"\"\" VALUES (1, 'k', 'V')").size(),
      1U);
  EXPECT_EQ(changed(tags, "REPLACE INTO \"odd \"\"name\"\"\" VALUES ('1', 'l', 'v')").size(), 1U) << "by the other";
}

}  // namespace
}  // namespace freshet::feed
