// What becomes of work when the server, or the way to it, goes away. These tests restart a server of their own.
#include "support.hpp"

namespace freshet::db {
namespace {

using freshet::test::PostgresServer;
using test::error_of;
using test::read;
using test::Rows;
using test::run_coro;
using test::step;
using test::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PostgresFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    FRESHET_NEEDS_POSTGRES();
    server_ = std::make_unique<PostgresServer>();
    options_.url = server_->create_database();
    options_.pool_size = 2;
    options_.pool_overflow = 0;
    open_connection(options_)->execute("CREATE TABLE t (a bigint UNIQUE)");
    database_ = open_database(options_);
    read_ = database_->prepare("SELECT count(*) FROM t");
    write_ = database_->prepare("INSERT INTO t (a) VALUES ($1)");
  }
  void TearDown() override { database_.reset(); }

  std::string count() {
    Rows rows;
    Work work;
    work.steps = {step(read_, &rows)};
    run_coro(database_->run(work));
    return rows.rows.at(0);
  }
  void insert(std::int64_t value) {
    Work work;
    work.mode = Mode::write;
    work.steps = {step(write_, nullptr, [value](Binder& binder) { binder.integer(1, value); })};
    run_coro(database_->run(work));
  }
  void end_all_sessions() {
    server_->psql(options_.url,
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'freshet'");
  }

  std::unique_ptr<PostgresServer> server_;
  DatabaseOptions options_;
  std::unique_ptr<Database> database_;
  StatementPtr read_, write_;
};

TEST_F(PostgresFaults, restarted_server_costs_no_request_of_those_that_come_after) {
  for (int round = 0; round < 3; ++round) {
    insert(round);
    EXPECT_EQ(count(), std::to_string(round + 1));
    round == 1 ? server_->kill() : server_->stop();
    server_->start();
  }
  EXPECT_EQ(count(), "3") << "a read on a session that died with the server is tried again on a new one";
  end_all_sessions();
  insert(7);
  EXPECT_EQ(count(), "4") << "a write, too: nothing of it had been sent to be committed";
  EXPECT_NO_THROW(static_cast<void>(database_->prepare("SELECT 2")));
}

TEST_F(PostgresFaults, server_that_is_down_is_unavailable_with_retry_after) {
  EXPECT_EQ(count(), "0");
  server_->stop();
  for (int i = 0; i < 3; ++i) {
    const Error error = error_of([&] { count(); });
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_GT(error.retry_after_s(), 0U);
  }
  EXPECT_FALSE(run_coro(database_->ready()));
  EXPECT_EQ(error_of([&] { static_cast<void>(database_->prepare("SELECT 3")); }).kind(), ErrorKind::unavailable);
  server_->start();
  EXPECT_TRUE(run_coro(database_->ready()));
  EXPECT_EQ(count(), "0");
}

TEST_F(PostgresFaults, connection_lost_in_the_middle_of_a_write_is_tried_again_and_written_once) {
  Work work;
  work.mode = Mode::write;
  int attempts = 0;
  work.steps = {step(write_, nullptr, [](Binder& binder) { binder.integer(1, 1); }),
                step(write_, nullptr, [&](Binder& binder) {
                  if (++attempts == 1) end_all_sessions();
                  binder.integer(1, 2);
                })};
  work.steps[1].depends_on_earlier = true;
  run_coro(database_->run(work));
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(count(), "2");
}

TEST_F(PostgresFaults, commit_whose_fate_is_unknown_is_told_and_never_tried_again) {
  // A deferred trigger runs within COMMIT, and there the session is ended.
  open_connection(options_)->execute(
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;"
      "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
      "die();");
  const std::uint64_t before = database_->figures().statements;
  const Error error = error_of([&] { insert(1); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_THAT(error.message(), HasSubstr("it may have been, or not"));
  EXPECT_EQ(database_->figures().statements - before, 1U);
  EXPECT_EQ(count(), "0");
}

TEST_F(PostgresFaults, rows_that_were_delivered_are_never_delivered_twice) {
  Rows rows;
  Work work;
  work.steps = {step(read_, &rows), step(read_, &rows)};
  work.steps[1].depends_on_earlier = true;
  work.steps[1].bind = [&](Binder&) { end_all_sessions(); };
  EXPECT_EQ(error_of([&] { run_coro(database_->run(work)); }).kind(), ErrorKind::unavailable);
  EXPECT_THAT(rows.rows, ElementsAre("0"));
  EXPECT_EQ(count(), "0");
}

TEST_F(PostgresFaults, too_many_connections_are_unavailable) {
  database_->close(std::chrono::steady_clock::now());
  server_->stop();
  server_->start({"max_connections=4", "max_wal_senders=0", "superuser_reserved_connections=0"});
  std::vector<std::unique_ptr<Connection>> others;
  database_ = open_database(options_);
  const StatementPtr statement = database_->prepare("SELECT 1");
  try {
    for (int i = 0; i < 4; ++i) others.push_back(open_connection(options_));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  }
  Work work;
  work.steps = {step(statement)};
  const Error error = error_of([&] { run_coro(database_->run(work)); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_GT(error.retry_after_s(), 0U);
  others.clear();
  // The server lets go of a closed connection when it gets to it.
  while (!run_coro(database_->ready())) continue;
}

TEST_F(PostgresFaults, closing_ends_what_runs) {
  const StatementPtr slow = database_->prepare("SELECT pg_sleep(600)");
  boost::asio::io_context io;
  Work work;
  work.steps = {step(slow)};
  auto outcome = boost::asio::co_spawn(io, database_->run(work), boost::asio::use_future);
  std::thread thread([&] { io.run(); });
  while (server_->psql(
             options_.url,
             "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(6%'") == "0")
    continue;
  database_->close(std::chrono::steady_clock::now());
  EXPECT_EQ(error_of([&] { outcome.get(); }).kind(), ErrorKind::unavailable);
  thread.join();
  EXPECT_EQ(error_of([&] { count(); }).kind(), ErrorKind::unavailable);
}

}  // namespace
}  // namespace freshet::db
