// Mode `pieces`: each way to write to a table changes the pieces where rows were or are, and no other.

#include <cstdlib>

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
  EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1)"), (Names{"other"}));
  EXPECT_EQ(changed(tags_, "DELETE FROM freshet_change"), (Names{})) << "what had been read";
  EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1)"), (Names{"other"})) << "ids go on";
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 1 WHERE id = 2; DELETE FROM freshet_change"), all);
  EXPECT_EQ(changed(tags_,
                    "UPDATE t SET amount = 2 WHERE id = 2; INSERT INTO other VALUES (2); "
                    "DELETE FROM freshet_change WHERE id < (SELECT max(id) FROM freshet_change)"),
            all);
  EXPECT_EQ(changed(tags_, "DELETE FROM freshet_change; DELETE FROM sqlite_sequence"), all) << "it counts from 1 again";
  EXPECT_EQ(feed_->figures().gaps, 3U);
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
    EXPECT_TRUE(feed_->watch(shapes_).empty()) << sql;
    EXPECT_EQ(feed_->figures().mode, Mode::pieces) << sql << feed_->figures().reason;
    EXPECT_EQ(changed(tags_, "INSERT INTO other VALUES (1)"), (Names{"other"})) << sql;
  }
}

TEST_F(PiecesTest, shapes_that_no_trigger_logs_are_given_back) {
  const std::vector<Shape> asked{shape("t"), shape("t", {"amount"}), shape("t", {"code"}), shape("unwatched")};
  EXPECT_EQ(feed_->watch(asked), (std::vector<Shape>{shape("t", {"amount"}), shape("unwatched")}));
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
  EXPECT_TRUE(feed_->watch(shapes_).empty());
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
  EXPECT_EQ(feed_->figures().reason, "the table other is read, and not watched");
  test::shell(path_, "BEGIN;" + plan.down + "COMMIT");
  EXPECT_EQ(dump(), before);
}

TEST_F(PiecesTest, those_who_wait_are_answered_when_the_feed_is_closed) {
  feed_->close();
  const Error error = db::test::error_of([&] { db::test::run_coro(feed_->catch_up()); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
}

TEST_F(PiecesTest, trimming_takes_the_oldest_records_and_hides_nothing_from_those_who_have_read_them) {
  const auto count = [&] {
    const auto connection = db::open_connection(options());
    return connection->scalar("SELECT count(*) || ' up to ' || max(id) FROM freshet_change");
  };
  const auto insert = [&](int rows) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(rows) +
           ") INSERT INTO t(month, amount) SELECT 'dec', i FROM n";
  };
  sqlite::LogTrimmer trimmer({.path = path_});
  for (int i = 0; i < 2; ++i) changed(tags_, insert(54'000));
  EXPECT_EQ(trimmer.trim([] { return false; }), 0) << "not worth it yet";
  changed(tags_, insert(4'000));
  EXPECT_EQ(changed(tags_, [&] { EXPECT_EQ(trimmer.trim([] { return false; }), 12'000); }), (Names{}));
  EXPECT_EQ(count(), "100000 up to 112000");
  EXPECT_EQ(changed(tags_, "UPDATE t SET amount = 1 WHERE id = 2"), (Names{"t", "t[month=feb]"}));
  EXPECT_EQ(feed_->figures().gaps, 0U);
}

}  // namespace
}  // namespace freshet::feed
