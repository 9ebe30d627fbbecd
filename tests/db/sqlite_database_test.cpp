#include <atomic>
#include <latch>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include "db/sqlite/database.hpp"

#include "support.hpp"

namespace freshet::db::sqlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::error_of;
using test::read;
using test::Rows;
using test::run_coro;
using test::step;
using test::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view endless =
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    options.pool_size = 2;
    options.pool_overflow = 0;
    open_connection(options)->execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b TEXT); INSERT INTO t VALUES (1, 10, 'x')");
  }
  void open() { database = db::open_database(options); }

  test::TemporaryFolder folder;
  DatabaseOptions options = test::options_for(folder.file("app.db"));
  std::unique_ptr<Database> database;
};

TEST_F(DatabaseTest, reads_and_writes) {
  open();
  EXPECT_EQ(database->dialect(), Dialect::sqlite);
  EXPECT_THAT(write(*database, {"INSERT INTO t (a) VALUES (20), (30) RETURNING id"}), ElementsAre("2", "3"));
  EXPECT_THAT(read(*database, "SELECT sum(a) FROM t"), ElementsAre("60"));
  EXPECT_TRUE(run_coro(database->ready()));
}

TEST_F(DatabaseTest, missing_file_is_created_with_its_folder) {
  options.url = "sqlite:" + folder.file("new/app.db");
  open();
  EXPECT_THAT(database->catalog().tables, IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(folder.file("new/app.db")));
}

TEST_F(DatabaseTest, read_only_serves_reads_and_refuses_writes) {
  options.read_only = true;
  open();
  EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("10"));
  const Error error = error_of([&] { write(*database, {"INSERT INTO t (a) VALUES (1)"}); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_THAT(error.log_detail(), HasSubstr("read_only"));
}

TEST_F(DatabaseTest, prepared_statements_have_different_identities) {
  open();
  const StatementPtr one = database->prepare("SELECT a FROM t");
  const StatementPtr two = database->prepare("SELECT b FROM t");
  EXPECT_NE(one->id, 0U);
  EXPECT_NE(one->id, two->id);
}

TEST_F(DatabaseTest, transaction_control_and_settings_are_not_for_statements_of_an_app) {
  open();
  for (const char* sql : {"BEGIN", "commit", " -- x\n ROLLBACK", "SAVEPOINT s", "PRAGMA foreign_keys = OFF", "VACUUM",
                          "ATTACH 'x' AS y"}) {
    std::size_t offset = 99;
    const Error error = error_of([&] { static_cast<void>(database->prepare(sql, &offset)); });
    EXPECT_EQ(error.kind(), ErrorKind::config) << sql;
    EXPECT_THAT(error.hint(), Not(IsEmpty())) << sql;
    EXPECT_LT(offset, 99U) << sql;
  }
  EXPECT_NO_THROW(static_cast<void>(database->prepare("SELECT * FROM pragma_table_info('t')")));
}

TEST_F(DatabaseTest, work_that_fails_midway_leaves_nothing_behind) {
  open();
  const Error error = error_of([&] {
    write(*database, {"INSERT INTO t (a) VALUES (20)", "INSERT INTO t (a) VALUES (NULL)"});
  });
  EXPECT_EQ(error.kind(), ErrorKind::unprocessable);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
  EXPECT_THAT(write(*database, {"INSERT INTO t (a) VALUES (20) RETURNING id"}), ElementsAre("2"));
}

TEST_F(DatabaseTest, exception_of_a_sink_or_binder_rolls_back_and_reaches_the_caller) {
  open();
  struct Thrower final : RowSink {
    bool row(Row) override { throw std::out_of_range("sink"); }
  } thrower;
  Work work;
  work.mode = Mode::write;
  work.steps.push_back(step(database->prepare("INSERT INTO t (a) VALUES (20) RETURNING a"), &thrower));
  EXPECT_THROW(run_coro(database->run(work)), std::out_of_range);
  work.steps.front() = step(database->prepare("INSERT INTO t (a) VALUES (?1)"), nullptr,
                            [](Binder&) { throw std::bad_function_call(); });
  EXPECT_THROW(run_coro(database->run(work)), std::bad_function_call);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
  EXPECT_EQ(database->figures().errors, 2U);
}

TEST_F(DatabaseTest, later_step_binds_what_an_earlier_one_delivered) {
  open();
  Rows first;
  Rows second;
  std::vector<std::int64_t> changes;
  Work work;
  work.mode = Mode::write;
  work.steps.push_back(step(database->prepare("INSERT INTO t (a) VALUES (77) RETURNING id"), &first));
  work.steps.push_back(step(database->prepare("SELECT a FROM t WHERE id = ?1"), &second,
                            [&](Binder& binder) { binder.integer(1, std::stoll(first.rows.at(0))); }));
  for (Step& one : work.steps) one.changed = [&](std::int64_t count) { changes.push_back(count); };
  run_coro(database->run(work));
  EXPECT_THAT(second.rows, ElementsAre("77"));
  EXPECT_THAT(changes, ElementsAre(1, 0));
}

TEST_F(DatabaseTest, write_within_a_read_is_refused) {
  open();
  EXPECT_EQ(error_of([&] { read(*database, "INSERT INTO t (a) VALUES (1)"); }).kind(), ErrorKind::unavailable);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
}

TEST_F(DatabaseTest, work_without_steps_does_nothing) {
  open();
  Work work;
  run_coro(database->run(work));
  work.mode = Mode::write;
  run_coro(database->run(work));
}

/// Between the two steps of a read, another connection commits.
TEST_F(DatabaseTest, all_steps_of_a_read_see_one_snapshot) {
  open();
  auto other = open_connection(options);
  Rows rows;
  Work work;
  const StatementPtr count = database->prepare("SELECT count(*) FROM t");
  work.steps.push_back(step(count, &rows));
  work.steps.push_back(step(count, &rows, [&](Binder&) { other->execute("INSERT INTO t (a) VALUES (1)"); }));
  run_coro(database->run(work));
  EXPECT_THAT(rows.rows, ElementsAre("1", "1"));
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("2"));
}

TEST_F(DatabaseTest, statement_timeout_ends_a_statement_and_the_session_goes_on) {
  open();
  Work work;
  work.statement_timeout = milliseconds(30);
  work.steps.push_back(step(database->prepare(endless)));
  const Error error = error_of([&] { run_coro(database->run(work)); });
  EXPECT_EQ(error.kind(), ErrorKind::timeout);
  EXPECT_EQ(database->figures().statement_timeouts, 1U);
  EXPECT_GE(work.run_us, 30'000U);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("10"));
}

TEST_F(DatabaseTest, default_statement_timeout_is_that_of_the_options) {
  options.statement_timeout = milliseconds(30);
  open();
  EXPECT_EQ(error_of([&] { read(*database, endless); }).kind(), ErrorKind::timeout);
}

TEST_F(DatabaseTest, timeout_of_a_write_rolls_back) {
  open();
  Work work;
  work.mode = Mode::write;
  work.statement_timeout = milliseconds(30);
  work.steps.push_back(step(database->prepare("INSERT INTO t (a) VALUES (5)")));
  work.steps.push_back(step(database->prepare(endless)));
  EXPECT_EQ(error_of([&] { run_coro(database->run(work)); }).kind(), ErrorKind::timeout);
  EXPECT_THAT(read(*database, "SELECT count(*) FROM t"), ElementsAre("1"));
}

/// A step that waits until the test lets it go on: something that surely runs.
class Gate {
 public:
  Step step(const StatementPtr& statement) {
    return test::step(statement, nullptr, [this](Binder&) {
      entered_.count_down();
      released_.wait();
    });
  }
  void wait_until_entered() { entered_.wait(); }
  void release() { released_.count_down(); }

 private:
  std::latch entered_{1};
  std::latch released_{1};
};

/// Runs work on a thread of its own.
class Background {
 public:
  Background(Database& database, Work& work)
      : thread_([&] {
          try {
            run_coro(database.run(work));
          } catch (const Error& failure) {
            error = failure;
          }
        }) {}
  ~Background() {
    if (thread_.joinable()) thread_.join();
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  void join() { thread_.join(); }
  std::optional<Error> error;

 private:
  std::thread thread_;
};

TEST_F(DatabaseTest, wait_for_a_session_ends_at_the_pool_timeout) {
  options.pool_timeout = milliseconds(50);
  open();
  Gate gate;
  Work holds;
  holds.mode = Mode::write;
  holds.steps.push_back(gate.step(database->prepare("SELECT 1")));
  Background background(*database, holds);
  gate.wait_until_entered();
  Work waits;
  waits.mode = Mode::write;
  waits.steps.push_back(step(database->prepare("SELECT 2")));
  const Error error = error_of([&] { run_coro(database->run(waits)); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_GT(error.retry_after_s(), 0U);
  EXPECT_GE(waits.wait_us, 50'000U);
  EXPECT_EQ(waits.run_us, 0U);
  EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("10")) << "readers do not wait for the writer";
  gate.release();
  background.join();
  EXPECT_FALSE(background.error.has_value());
  EXPECT_EQ(database->figures().writer.timeouts, 1U);
}

TEST_F(DatabaseTest, queue_beyond_its_bound_is_refused_at_once) {
  options.pool_queue_max = 0;
  open();
  Gate gate;
  Work holds;
  holds.mode = Mode::write;
  holds.steps.push_back(gate.step(database->prepare("SELECT 1")));
  Background background(*database, holds);
  gate.wait_until_entered();
  EXPECT_EQ(error_of([&] { write(*database, {"SELECT 2"}); }).kind(), ErrorKind::unavailable);
  EXPECT_EQ(database->figures().writer.rejected, 1U);
  gate.release();
}

TEST_F(DatabaseTest, writes_queue_in_the_order_they_came) {
  open();
  Gate gate;
  Work holds;
  holds.mode = Mode::write;
  holds.steps.push_back(gate.step(database->prepare("SELECT 1")));
  Background background(*database, holds);
  gate.wait_until_entered();

  std::vector<int> order;
  std::vector<Work> works(20);
  const StatementPtr insert = database->prepare("INSERT INTO t (a) VALUES (?1)");
  boost::asio::io_context io;
  for (int i = 0; i < 20; ++i) {
    Work& work = works[static_cast<std::size_t>(i)];
    work.mode = Mode::write;
    work.steps.push_back(step(insert, nullptr, [&order, i](Binder& binder) {
      order.push_back(i);  // on the writer's thread, one after the other
      binder.integer(1, i);
    }));
    boost::asio::co_spawn(io, database->run(work), boost::asio::detached);
  }
  io.poll();
  EXPECT_EQ(database->figures().writer.waiting, 20);
  gate.release();
  io.run();
  std::vector<int> expected(20);
  for (int i = 0; i < 20; ++i) expected[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(order, expected);
}

TEST_F(DatabaseTest, cancelled_while_it_runs_is_ended_at_once) {
  open();
  Rows rows;
  Work work;
  std::latch entered{1};
  work.steps.push_back(step(database->prepare(endless), &rows, [&](Binder&) { entered.count_down(); }));
  boost::asio::io_context io;
  boost::asio::cancellation_signal signal;
  std::optional<ErrorKind> outcome;
  boost::asio::co_spawn(io, database->run(work),
                        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure) {
                          try {
                            if (failure) std::rethrow_exception(failure);
                          } catch (const Error& error) {
                            outcome = error.kind();
                          }
                        }));
  io.poll();
  entered.wait();
  signal.emit(boost::asio::cancellation_type::terminal);
  io.run();
  EXPECT_EQ(outcome, ErrorKind::cancelled);
  EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("10"));
}

TEST_F(DatabaseTest, cancelled_while_it_waits_never_runs) {
  open();
  Gate gate;
  Work holds;
  holds.mode = Mode::write;
  holds.steps.push_back(gate.step(database->prepare("SELECT 1")));
  Background background(*database, holds);
  gate.wait_until_entered();
  bool ran = false;
  Work work;
  work.mode = Mode::write;
  work.steps.push_back(step(database->prepare("SELECT 1"), nullptr, [&](Binder&) { ran = true; }));
  boost::asio::io_context io;
  boost::asio::cancellation_signal signal;
  bool finished = false;
  boost::asio::co_spawn(
      io, database->run(work),
      boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { finished = true; }));
  io.poll();
  signal.emit(boost::asio::cancellation_type::terminal);
  io.run();
  EXPECT_TRUE(finished);
  EXPECT_EQ(database->figures().writer.waiting, 0);
  gate.release();
  background.join();
  EXPECT_FALSE(ran);
}

TEST_F(DatabaseTest, close_lets_running_and_waiting_work_finish) {
  open();
  Gate gate;
  Work holds;
  holds.mode = Mode::write;
  holds.steps.push_back(gate.step(database->prepare("INSERT INTO t (a) VALUES (2)")));
  Background first(*database, holds);
  gate.wait_until_entered();
  const StatementPtr insert = database->prepare("INSERT INTO t (a) VALUES (3)");
  Work waits;
  waits.mode = Mode::write;
  waits.steps.push_back(step(insert));
  Background second(*database, waits);
  while (database->figures().writer.waiting == 0) std::this_thread::yield();
  std::thread closer([&] { database->close(steady_clock::now() + seconds(60)); });
  for (;;) {  // until closing has begun
    Work late;
    late.mode = Mode::read;
    late.steps.push_back(step(insert));
    const Error error = error_of([&] { run_coro(database->run(late)); });
    if (error.message() == "the server is shutting down") break;
  }
  gate.release();
  closer.join();
  first.join();
  second.join();
  EXPECT_FALSE(first.error.has_value());
  EXPECT_FALSE(second.error.has_value());
  EXPECT_EQ(open_connection(options)->scalar("SELECT count(*) FROM t"), "3");
}

TEST_F(DatabaseTest, close_interrupts_what_still_runs_at_the_deadline) {
  open();
  std::latch entered{1};
  Work work;
  work.steps.push_back(step(database->prepare(endless), nullptr, [&](Binder&) { entered.count_down(); }));
  Background background(*database, work);
  entered.wait();
  database->close(steady_clock::now());
  background.join();
  ASSERT_TRUE(background.error.has_value());
  EXPECT_EQ(background.error->kind(), ErrorKind::unavailable);
  EXPECT_FALSE(std::filesystem::exists(folder.file("app.db-wal"))) << "closed properly";
}

TEST_F(DatabaseTest, everything_is_refused_after_close) {
  open();
  const StatementPtr statement = database->prepare("SELECT 1");
  database->close(steady_clock::now());
  database->close(steady_clock::now());
  Work work;
  work.steps.push_back(step(statement));
  EXPECT_EQ(error_of([&] { run_coro(database->run(work)); }).kind(), ErrorKind::unavailable);
  EXPECT_EQ(error_of([&] { static_cast<void>(database->prepare("SELECT 1")); }).kind(), ErrorKind::unavailable);
  EXPECT_FALSE(run_coro(database->ready()));
}

TEST_F(DatabaseTest, schema_changed_by_somebody_else_is_seen) {
  open();
  const StatementPtr count = database->prepare("SELECT count(*) FROM t");
  read(*database, "SELECT a FROM t");
  open_connection(options)->execute("ALTER TABLE t ADD COLUMN c; CREATE INDEX i ON t (a)");
  Rows rows;
  Work work;
  work.steps.push_back(step(count, &rows));
  run_coro(database->run(work));
  EXPECT_THAT(rows.rows, ElementsAre("1"));
  EXPECT_NE(database->catalog().table("t")->column("c"), nullptr);
}

TEST_F(DatabaseTest, figures_count_what_happened) {
  open();
  read(*database, "SELECT 1");
  write(*database, {"INSERT INTO t (a) VALUES (1)", "SELECT 1"});
  const DatabaseFigures figures = database->figures();
  EXPECT_EQ(figures.statements, 3U);
  EXPECT_EQ(figures.readers.size, 2);
  EXPECT_EQ(figures.readers.acquired, 1U);
  EXPECT_EQ(figures.writer.size, 1);
  EXPECT_EQ(figures.writer.overflow, 0);
  EXPECT_EQ(figures.writer.opened, 1U);
  EXPECT_EQ(figures.writer.in_use, 0);
  EXPECT_EQ(figures.errors, 0U);
}

TEST_F(DatabaseTest, recycled_sessions_serve_on) {
  options.pool_recycle = seconds(0);  // every use
  open();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(read(*database, "SELECT a FROM t"), ElementsAre("10"));
  EXPECT_EQ(database->figures().readers.recycled, 2U);
}

TEST_F(DatabaseTest, many_coroutines_on_many_threads_get_their_own_answers) {
  options.pool_overflow = 2;
  open();
  const StatementPtr echo = database->prepare("SELECT ?1 * 2");
  std::atomic<int> right{0};
  boost::asio::thread_pool threads(4);
  const auto ask = [](Database& from, StatementPtr what, int number,
                      std::atomic<int>& count) -> boost::asio::awaitable<void> {
    for (int i = 0; i < 50; ++i) {
      Rows rows;
      Work work;
      work.steps.push_back(step(what, &rows, [&](Binder& binder) { binder.integer(1, number + i); }));
      co_await from.run(work);
      if (rows.rows == std::vector{std::to_string(2 * (number + i))}) ++count;
    }
  };
  for (int i = 0; i < 40; ++i) {
    boost::asio::co_spawn(threads, ask(*database, echo, i * 1000, right), boost::asio::detached);
  }
  threads.join();
  EXPECT_EQ(right, 40 * 50);
  EXPECT_EQ(database->figures().readers.in_use, 0);
}

}  // namespace
}  // namespace freshet::db::sqlite
