#include <atomic>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/thread_pool.hpp>

#include "support.hpp"

namespace freshet::db {
namespace {

using test::error_of;
using test::read;
using test::Rows;
using test::run_coro;
using test::step;
using test::write;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class PostgresDatabase : public test::PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    connect()->execute(
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a bigint NOT NULL, b text);"
        "INSERT INTO t (a, b) VALUES (10, 'x')");
    settings = options();
  }
  void open() { database = open_database(settings); }

  DatabaseOptions settings;
  std::unique_ptr<Database> database;
};

TEST_F(PostgresDatabase, reads_and_writes) {
  open();
  EXPECT_EQ(database->dialect(), Dialect::postgres);
  EXPECT_THAT(write(*database, {"INSERT INTO t (a) VALUES (20), (30) RETURNING id"}), ElementsAre("2", "3"));
  EXPECT_THAT(read(*database, "SELECT sum(a) FROM t"), ElementsAre("60"));
  EXPECT_TRUE(run_coro(database->ready()));
}

TEST_F(PostgresDatabase, statement_of_one_step_takes_one_round_trip_and_so_do_many_that_do_not_depend_on_each_other) {
  open();
  const StatementPtr one = database->prepare("SELECT a FROM t"), other = database->prepare("SELECT b FROM t");
  const auto round_trips = [&](Work& work) {
    const std::uint64_t before = database->figures().round_trips;
    run_coro(database->run(work));
    return database->figures().round_trips - before;
  };
  Rows rows;
  Work single;
  single.steps = {step(one, &rows)};
  EXPECT_EQ(round_trips(single), 1U);
  Work several;
  for (int i = 0; i < 10; ++i) several.steps.push_back(step(i % 2 == 0 ? one : other, &rows));
  EXPECT_EQ(round_trips(several), 1U);
  several.steps[5].depends_on_earlier = true;
  EXPECT_EQ(round_trips(several), 2U);
  EXPECT_THAT(rows.rows, SizeIs(21));
}

TEST_F(PostgresDatabase, steps_of_a_read_see_one_snapshot) {
  open();
  Rows rows;
  Work work;
  work.steps = {step(database->prepare("SELECT count(*) FROM t"), &rows),
                step(database->prepare("SELECT count(*) FROM t"), &rows)};
  work.steps[1].depends_on_earlier = true;
  // Between the two, when the first has been delivered and the second is about to be sent.
  work.steps[1].bind = [&](Binder&) { psql("INSERT INTO t (a) VALUES (99)"); };
  run_coro(database->run(work));
  EXPECT_THAT(rows.rows, ElementsAre("1", "1"));
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("2"));
}

TEST_F(PostgresDatabase, later_step_binds_what_an_earlier_one_delivered) {
  open();
  Rows first, second;
  Work work;
  work.steps = {step(database->prepare("SELECT a FROM t"), &first),
                step(database->prepare("SELECT $1::bigint + 1"), &second,
                     [&](Binder& binder) { binder.integer(1, std::stoll(first.rows.at(0))); })};
  work.steps[1].depends_on_earlier = true;
  run_coro(database->run(work));
  EXPECT_THAT(second.rows, ElementsAre("11"));
}

TEST_F(PostgresDatabase, work_that_fails_midway_leaves_nothing_behind) {
  open();
  const Error error = error_of([&] {
    write(*database, {"INSERT INTO t (a) VALUES (20)", "INSERT INTO t (a) VALUES (NULL)"});
  });
  EXPECT_EQ(error.kind(), ErrorKind::unprocessable);
  EXPECT_THAT(error.log_detail(), HasSubstr("VALUES (NULL)"));
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
  EXPECT_EQ(database->figures().readers.discarded, 0U) << "the session is as good as before";
}

TEST_F(PostgresDatabase, exception_of_a_sink_or_binder_rolls_back_and_reaches_the_caller) {
  open();
  struct Thrower final : RowSink {
    bool row(Row) override { throw std::out_of_range("sink"); }
  } thrower;
  Work work;
  work.mode = Mode::write;
  work.steps.push_back(step(database->prepare("INSERT INTO t (a) VALUES (20) RETURNING a"), &thrower));
  EXPECT_THROW(run_coro(database->run(work)), std::out_of_range);
  work.steps.front() = step(database->prepare("INSERT INTO t (a) VALUES ($1)"), nullptr,
                            [](Binder&) { throw std::bad_function_call(); });
  EXPECT_THROW(run_coro(database->run(work)), std::bad_function_call);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
  EXPECT_EQ(database->figures().errors, 2U);
  EXPECT_EQ(database->figures().readers.opened, 1U);
}

TEST_F(PostgresDatabase, changed_tells_how_many_rows) {
  open();
  std::int64_t changed = -1;
  Work work;
  work.mode = Mode::write;
  work.steps = {step(database->prepare("UPDATE t SET a = a + 1"))};
  work.steps[0].changed = [&](std::int64_t rows) { changed = rows; };
  run_coro(database->run(work));
  EXPECT_EQ(changed, 1);
}

TEST_F(PostgresDatabase, read_that_writes_is_refused_even_by_a_function) {
  connect()->execute(
      "CREATE FUNCTION sneaky() RETURNS bigint LANGUAGE sql AS 'INSERT INTO t (a) VALUES (1) RETURNING a'");
  open();
  EXPECT_EQ(error_of([&] { read(*database, "SELECT sneaky()"); }).kind(), ErrorKind::unavailable);
  EXPECT_EQ(error_of([&] {
              test::run(*database, Mode::read, {"SELECT 1", "SELECT sneaky()"});
            }).kind(),
            ErrorKind::unavailable);
  EXPECT_THAT(write(*database, {"SELECT sneaky()"}), ElementsAre("1"));
}

TEST_F(PostgresDatabase, read_only_serves_reads_and_refuses_writes) {
  settings.read_only = true;
  open();
  EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("10"));
  const Error error = error_of([&] { write(*database, {"INSERT INTO t (a) VALUES (1)"}); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_THAT(error.log_detail(), HasSubstr("read_only"));
}

TEST_F(PostgresDatabase, transaction_control_and_settings_are_not_for_statements_of_an_app) {
  open();
  for (const char* sql : {"BEGIN", "commit", " -- x\n ROLLBACK", "SET timezone = 'Asia/Tokyo'", "LISTEN x", "VACUUM",
                          "/* x */ COPY t TO STDOUT", "DISCARD ALL"}) {
    std::size_t offset = 99;
    const Error error = error_of([&] { static_cast<void>(database->prepare(sql, &offset)); });
    EXPECT_EQ(error.kind(), ErrorKind::config) << sql;
    EXPECT_THAT(error.hint(), Not(IsEmpty())) << sql;
    EXPECT_LT(offset, 99U) << sql;
  }
}

TEST_F(PostgresDatabase, statement_that_takes_too_long_is_ended_and_its_session_goes_on) {
  settings.statement_timeout = std::chrono::milliseconds(50);
  open();
  const Error error = error_of([&] { read(*database, "SELECT pg_sleep(600)"); });
  EXPECT_EQ(error.kind(), ErrorKind::timeout);
  EXPECT_EQ(database->figures().statement_timeouts, 1U);
  EXPECT_THAT(read(*database, "SELECT 1"), ElementsAre("1"));
  EXPECT_EQ(database->figures().readers.opened, 1U);
}

TEST_F(PostgresDatabase, work_may_have_a_time_limit_of_its_own) {
  open();
  Work work;
  work.statement_timeout = std::chrono::milliseconds(50);
  work.steps = {step(database->prepare("SELECT pg_sleep(600)"))};
  EXPECT_EQ(error_of([&] { run_coro(database->run(work)); }).kind(), ErrorKind::timeout);
  EXPECT_THAT(read(*database, "SELECT current_setting('statement_timeout')"), ElementsAre("1min"));
}

TEST_F(PostgresDatabase, cancelled_caller_ends_its_statement_on_the_server) {
  open();
  const StatementPtr slow = database->prepare("SELECT pg_sleep(600)");
  boost::asio::io_context io;
  boost::asio::cancellation_signal cancel;
  Work work;
  work.steps = {step(slow)};
  std::exception_ptr outcome;
  bool done = false;
  boost::asio::co_spawn(io, database->run(work),
                        boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr failure) {
                          outcome = std::move(failure);
                          done = true;
                        }));
  const auto running = [&] {
    return psql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(6%'");
  };
  while (running() == "0") io.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  while (!done) io.run_one();
  EXPECT_EQ(error_of([&] { std::rethrow_exception(outcome); }).kind(), ErrorKind::cancelled);
  while (running() != "0") std::this_thread::yield();
  EXPECT_THAT(read(*database, "SELECT 1"), ElementsAre("1"));
}

TEST_F(PostgresDatabase, many_callers_on_several_threads_share_few_sessions) {
  settings.pool_size = 3;
  settings.pool_overflow = 1;
  open();
  const StatementPtr statement = database->prepare("SELECT $1::bigint");
  constexpr int callers = 64, rounds = 20;
  std::atomic<int> right = 0;
  boost::asio::thread_pool threads(4);
  const auto call = [](Database& db, StatementPtr what, std::int64_t number,
                       std::atomic<int>& count) -> boost::asio::awaitable<void> {
    for (int i = 0; i < rounds; ++i) {
      Rows rows;
      Work work;
      work.steps.push_back(step(what, &rows, [number](Binder& binder) { binder.integer(1, number); }));
      co_await db.run(work);
      if (rows.rows == std::vector<std::string>{std::to_string(number)}) ++count;
    }
  };
  for (int i = 0; i < callers; ++i) {
    boost::asio::co_spawn(threads, call(*database, statement, i, right), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  threads.join();
  EXPECT_EQ(right, callers * rounds);
  const PoolFigures figures = database->figures().readers;
  EXPECT_LE(figures.opened, 4U);
  EXPECT_EQ(figures.in_use, 0);
}

TEST_F(PostgresDatabase, work_larger_than_all_buffers_flows_both_ways) {
  open();
  // Each step sends a megabyte and has one sent back: neither side may wait for the other to read first.
  const std::string text(std::size_t{1} << 20U, 'x');
  const StatementPtr echo = database->prepare("SELECT $1::text");
  std::size_t bytes = 0;
  struct Count final : RowSink {
    explicit Count(std::size_t& total) : total_(total) {}
    bool row(Row row) override {
      total_ += row[0].text.size();
      return true;
    }
    std::size_t& total_;
  } count(bytes);
  Work work;
  for (int i = 0; i < 32; ++i) {
    work.steps.push_back(step(echo, &count, [&](Binder& binder) { binder.text(1, text); }));
  }
  run_coro(database->run(work));
  EXPECT_EQ(bytes, 32 * text.size());
}

TEST_F(PostgresDatabase, slow_sink_is_waited_for_and_holds_one_row_at_a_time) {
  open();
  struct Slow final : RowSink, Pace {
    bool row(Row) override {
      ++rows;
      room_used = 0;
      return true;
    }
    Pace* pace() override { return this; }
    bool full() override { return rows % 2 == 0; }
    boost::asio::awaitable<void> room() override {
      ++room_used;
      ++waits;
      co_return;
    }
    int rows = 0, waits = 0, room_used = 0;
  } slow;
  std::int64_t changed = -1;
  Work work;
  work.steps = {step(database->prepare("SELECT x FROM generate_series(1, 1000) AS x"), &slow)};
  work.steps[0].changed = [&](std::int64_t) { changed = slow.rows; };
  run_coro(database->run(work));
  EXPECT_EQ(slow.rows, 1000);
  EXPECT_EQ(slow.waits, 500);
  EXPECT_EQ(changed, 1000) << "told at the end";
  EXPECT_THAT(read(*database, "SELECT 1"), ElementsAre("1"));
}

TEST_F(PostgresDatabase, statements_beyond_the_session_cache_are_let_go) {
  settings.statement_cache = 2;
  settings.pool_size = 1;
  settings.pool_overflow = 0;
  open();
  std::vector<StatementPtr> statements;
  for (int i = 0; i < 6; ++i) statements.push_back(database->prepare("SELECT " + std::to_string(i)));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 6; ++i) {
      Rows rows;
      Work work;
      work.steps = {step(statements[static_cast<std::size_t>(i)], &rows)};
      run_coro(database->run(work));
      EXPECT_THAT(rows.rows, ElementsAre(std::to_string(i)));
    }
  }
  EXPECT_THAT(read(*database, "SELECT count(*) <= 2 FROM pg_prepared_statements"), ElementsAre("1"));
}

TEST_F(PostgresDatabase, changed_table_is_noticed_and_its_statements_prepared_again) {
  settings.pool_size = 1;
  open();
  const StatementPtr same = database->prepare("SELECT a FROM t"), all = database->prepare("SELECT * FROM t");
  const auto rows_of = [&](const StatementPtr& statement) {
    Rows rows;
    Work work;
    work.steps = {step(statement, &rows)};
    run_coro(database->run(work));
    return rows.rows;
  };
  EXPECT_THAT(rows_of(all), ElementsAre("1|10|x"));
  EXPECT_THAT(rows_of(same), ElementsAre("10"));
  psql("ALTER TABLE t ALTER COLUMN a TYPE numeric(10,2)");
  EXPECT_THAT(rows_of(same), ElementsAre("10.00"));
  psql("ALTER TABLE t ADD COLUMN c text");
  const Error error = error_of([&] { rows_of(all); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable) << "whoever reads the rows counts on three columns";
  EXPECT_THAT(rows_of(same), ElementsAre("10.00"));
}

TEST_F(PostgresDatabase, deadlock_is_tried_again_and_both_go_through) {
  open();
  write(*database, {"INSERT INTO t (a) VALUES (20)"});
  const StatementPtr add = database->prepare("UPDATE t SET a = a + 1 WHERE id = $1");
  // Both lock their first row before either asks for its second: a latch in the binder of the second step.
  std::atomic<int> first_locked = 0;
  const auto transfer = [&](std::int64_t from, std::int64_t to) {
    Work work;
    work.mode = Mode::write;
    bool waited = false;
    work.steps = {step(add, nullptr, [&](Binder& binder) { binder.integer(1, from); }),
                  step(add, nullptr, [&](Binder& binder) {
                    if (!std::exchange(waited, true)) {
                      ++first_locked;
                      while (first_locked < 2) std::this_thread::yield();
                    }
                    binder.integer(1, to);
                  })};
    work.steps[1].depends_on_earlier = true;
    run_coro(database->run(work));
  };
  std::thread other([&] { transfer(2, 1); });
  transfer(1, 2);
  other.join();
  EXPECT_THAT(read(*database, "SELECT a FROM t ORDER BY id"), ElementsAre("12", "22"));
  EXPECT_GE(database->figures().busy_retries, 1U);
}

TEST_F(PostgresDatabase, notices_are_heard) {
  connect()->execute(
      "CREATE FUNCTION tell() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hear'; RETURN 1; END $$");
  open();
  std::vector<std::string> heard;
  database->on_notice([&](std::string_view said) { heard.emplace_back(said); });
  read(*database, "SELECT tell()");
  EXPECT_THAT(heard, Contains(HasSubstr("hear")));
}

TEST_F(PostgresDatabase, pool_size_and_overflow_have_their_defaults) {
  open();
  EXPECT_EQ(database->figures().readers.size, 10);
  EXPECT_EQ(database->figures().readers.overflow, 20);
}

}  // namespace
}  // namespace freshet::db
