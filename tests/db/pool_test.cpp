// The pool with fake sessions and hand-stepped time: no thread, no sleep. What has to do with threads is at the end.
#include "db/pool.hpp"

#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include "support.hpp"

namespace freshet::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct FakeSession final : PoolSession {
  explicit FakeSession(int number_) : number(number_) { ++alive; }
  ~FakeSession() override { --alive; }
  FakeSession(const FakeSession&) = delete;
  FakeSession& operator=(const FakeSession&) = delete;
  void abandon() noexcept override { abandoned = true; }
  int number;
  bool abandoned = false;
  static inline std::atomic<int> alive{0};
};

/// Somebody who waits, and what became of it.
struct Visitor final : PoolWaiter {
  explicit Visitor(int name_, std::vector<int>& order_) : name(name_), order(order_) {}
  void granted(Lease given) noexcept override {
    order.push_back(name);
    lease = std::move(given);
  }
  void refused(Refusal why) noexcept override { refusal = why; }
  int name;
  std::vector<int>& order;
  Lease lease;
  std::optional<Refusal> refusal;
};

class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override { make(limits); }
  ~PoolTest() override {
    visitors.clear();
    pool.reset();
    EXPECT_EQ(FakeSession::alive, 0);
  }

  void make(const PoolLimits& with) {
    pool = std::make_shared<Pool>(with, nullptr, [this] { return time; });
  }
  Visitor& ask(seconds patience = seconds(30)) {
    visitors.push_back(std::make_unique<Visitor>(static_cast<int>(visitors.size()), order));
    pool->acquire(*visitors.back(), time + patience);
    return *visitors.back();
  }
  /// ask(), and what a driver does with the lease: opens if there is nothing yet.
  Visitor& enter() {
    Visitor& visitor = ask();
    if (visitor.lease && visitor.lease.session() == nullptr) install(visitor);
    return visitor;
  }
  void install(Visitor& visitor) { visitor.lease.install(std::make_unique<FakeSession>(++opened)); }
  static int number(const Visitor& visitor) { return visitor.lease.session<FakeSession>()->number; }

  PoolLimits limits{
      .size = 1, .overflow = 1, .queue_max = 3, .recycle = minutes(60), .idle = minutes(5), .ping_after = seconds(30)};
  PoolTime time{std::chrono::hours(1000)};
  std::shared_ptr<Pool> pool;
  std::vector<int> order;
  std::vector<std::unique_ptr<Visitor>> visitors;
  int opened = 0;
};

TEST_F(PoolTest, first_one_is_asked_to_open_and_the_next_one_reuses) {
  Visitor& first = enter();
  EXPECT_EQ(first.lease.preparation(), Preparation::open);
  first.lease.return_clean();
  Visitor& second = enter();
  EXPECT_EQ(second.lease.preparation(), Preparation::none);
  EXPECT_EQ(number(second), 1);
  EXPECT_EQ(pool->figures().opened, 1U);
  EXPECT_EQ(pool->figures().in_use, 1);
}

TEST_F(PoolTest, lease_that_goes_out_of_scope_comes_back_to_be_reset) {
  enter().lease = Lease();
  EXPECT_EQ(pool->figures().in_use, 0);
  EXPECT_EQ(enter().lease.preparation(), Preparation::reset);
}

TEST_F(PoolTest, moved_lease_comes_back_once) {
  Visitor& visitor = enter();
  Lease moved = std::move(visitor.lease);
  EXPECT_FALSE(visitor.lease);
  visitor.lease.return_clean();
  EXPECT_EQ(pool->figures().in_use, 1);
  moved.return_clean();
  moved.return_clean();
  EXPECT_EQ(pool->figures().in_use, 0);
}

TEST_F(PoolTest, waiters_are_served_in_the_order_they_came) {
  Visitor& a = enter();
  Visitor& b = enter();
  Visitor& c = ask();
  Visitor& d = ask();
  EXPECT_FALSE(c.lease);
  EXPECT_EQ(pool->figures().waiting, 2);
  b.lease.return_clean();
  a.lease.return_clean();
  EXPECT_TRUE(c.lease);
  EXPECT_TRUE(d.lease);
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(number(c), 2);
  EXPECT_EQ(number(d), 1);
}

TEST_F(PoolTest, newcomer_does_not_overtake_those_who_wait) {
  Visitor& a = enter();
  enter();
  ask();
  ask();
  a.lease.return_clean();
  Visitor& newcomer = ask();
  EXPECT_FALSE(newcomer.lease);
  EXPECT_EQ(order.back(), 2);
}

TEST_F(PoolTest, queue_beyond_its_bound_is_refused_at_once) {
  enter();
  enter();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(ask().refusal.has_value());
  EXPECT_EQ(ask().refusal, Refusal::queue_full);
  EXPECT_EQ(pool->figures().rejected, 1U);
  EXPECT_EQ(to_error(Refusal::queue_full).kind(), ErrorKind::unavailable);
  EXPECT_GT(to_error(Refusal::queue_full).retry_after_s(), 0U);
}

TEST_F(PoolTest, wait_ends_at_its_deadline_and_not_before) {
  enter();
  enter();
  Visitor& patient = ask(seconds(10));
  Visitor& hasty = ask(seconds(2));
  EXPECT_EQ(pool->expire(time + milliseconds(1999)), time + seconds(2));
  EXPECT_FALSE(hasty.refusal.has_value());
  EXPECT_EQ(pool->expire(time + seconds(2)), time + seconds(10));
  EXPECT_EQ(hasty.refusal, Refusal::timed_out);
  EXPECT_FALSE(patient.refusal.has_value());
  EXPECT_EQ(pool->expire(time + seconds(10)), AlarmClock::never);
  EXPECT_EQ(patient.refusal, Refusal::timed_out);
  EXPECT_EQ(pool->figures().timeouts, 2U);
  EXPECT_EQ(pool->figures().waiting, 0);
}

TEST_F(PoolTest, one_that_timed_out_does_not_take_a_turn) {
  Visitor& a = enter();
  enter();
  ask(seconds(1));
  Visitor& next = ask(seconds(30));
  pool->expire(time + seconds(1));
  a.lease.return_clean();
  EXPECT_TRUE(next.lease);
  EXPECT_THAT(order, ElementsAre(0, 1, 3));
}

TEST_F(PoolTest, withdrawn_one_leaves_its_turn_to_the_next) {
  Visitor& a = enter();
  enter();
  Visitor& first = ask();
  Visitor& second = ask();
  Visitor& third = ask();
  EXPECT_TRUE(pool->withdraw(second));
  EXPECT_FALSE(pool->withdraw(second)) << "it is out already";
  EXPECT_TRUE(pool->withdraw(first));
  a.lease.return_clean();
  EXPECT_TRUE(third.lease);
  EXPECT_FALSE(pool->withdraw(third)) << "it has been granted";
  EXPECT_THAT(order, ElementsAre(0, 1, 4));
}

TEST_F(PoolTest, failed_opening_leaves_room_for_the_next_in_line) {
  Visitor& a = ask();
  Visitor& b = ask();
  Visitor& waits = ask();
  a.lease.discard();  // opening failed: there is no session
  ASSERT_TRUE(waits.lease);
  EXPECT_EQ(waits.lease.preparation(), Preparation::open);
  b.lease.discard();
  waits.lease.discard();
  EXPECT_EQ(pool->figures().open, 0);
  EXPECT_EQ(pool->figures().discarded, 0U) << "what never was cannot be discarded";
}

TEST_F(PoolTest, broken_session_is_let_go_and_replaced_before_its_next_use) {
  Visitor& a = enter();
  FakeSession* session = a.lease.session<FakeSession>();
  a.lease.discard();
  EXPECT_TRUE(session->abandoned);
  EXPECT_EQ(pool->figures().discarded, 1U);
  Visitor& b = ask();
  EXPECT_EQ(b.lease.preparation(), Preparation::replace);
  install(b);
  EXPECT_EQ(FakeSession::alive, 1);
  EXPECT_EQ(pool->figures().recycled, 0U) << "recycling is about age";
  b.lease.return_clean();
  EXPECT_EQ(ask().lease.preparation(), Preparation::none);
}

TEST_F(PoolTest, old_session_is_recycled) {
  enter().lease.return_clean();
  time += minutes(60);
  Visitor& b = ask();
  EXPECT_EQ(b.lease.preparation(), Preparation::replace);
  b.lease.renewed();
  EXPECT_EQ(pool->figures().recycled, 1U);
  b.lease.return_clean();
  EXPECT_EQ(ask().lease.preparation(), Preparation::none);
}

TEST_F(PoolTest, session_that_was_idle_is_pinged) {
  enter().lease.return_clean();
  time += seconds(30);
  EXPECT_EQ(enter().lease.preparation(), Preparation::ping);
}

TEST_F(PoolTest, last_one_returned_is_used_first_so_that_surplus_ones_stay_idle_and_close) {
  Visitor& a = enter();
  Visitor& b = enter();
  b.lease.return_clean();
  a.lease.return_clean();
  for (int minute = 0; minute < 5; ++minute) {
    time += minutes(1);
    Visitor& busy = enter();
    EXPECT_EQ(number(busy), 1);
    busy.lease.return_clean();
  }
  EXPECT_EQ(pool->trim(time), AlarmClock::never);
  EXPECT_EQ(pool->figures().open, 1);
  EXPECT_EQ(FakeSession::alive, 1);
  EXPECT_EQ(number(enter()), 1);
}

TEST_F(PoolTest, surplus_is_not_closed_early_and_the_next_look_is_told) {
  Visitor& a = enter();
  enter().lease.return_clean();
  const PoolTime returned = time;
  EXPECT_EQ(pool->trim(time + minutes(4)), returned + minutes(5));
  EXPECT_EQ(pool->figures().open, 2);
  a.lease.return_clean();
}

TEST_F(PoolTest, waiting_time_is_counted) {
  Visitor& a = enter();
  enter();
  ask();
  ask();
  time += milliseconds(5);
  a.lease.return_clean();
  time += milliseconds(2);
  visitors[2]->lease.return_clean();
  const PoolFigures figures = pool->figures();
  EXPECT_EQ(figures.wait_us_total, 12'000U);
  EXPECT_EQ(figures.wait_us_max, 7'000U);
  EXPECT_EQ(figures.acquired, 4U);
}

TEST_F(PoolTest, closing_pool_admits_nobody_but_serves_those_who_wait) {
  Visitor& a = enter();
  enter();
  Visitor& waits = ask();
  pool->close();
  EXPECT_EQ(ask().refusal, Refusal::closing);
  a.lease.return_clean();
  EXPECT_TRUE(waits.lease);
  EXPECT_FALSE(pool->wait_until_quiet(PoolTime{})) << "two are in use";
  visitors[1]->lease.return_clean();
  waits.lease.return_clean();
  EXPECT_TRUE(pool->wait_until_quiet(PoolTime{}));
  pool->destroy_idle();
  EXPECT_EQ(FakeSession::alive, 0);
}

TEST_F(PoolTest, those_who_wait_can_be_sent_away) {
  enter();
  enter();
  Visitor& one = ask();
  Visitor& two = ask();
  pool->close();
  pool->refuse_waiting();
  EXPECT_EQ(one.refusal, Refusal::closing);
  EXPECT_EQ(two.refusal, Refusal::closing);
}

TEST_F(PoolTest, lease_may_outlive_its_owner_of_the_pool) {
  Visitor& a = enter();
  pool.reset();
  a.lease.return_clean();
}

// --- coroutines ------------------------------------------------------------------------------------------------------

boost::asio::awaitable<void> note_turn(std::shared_ptr<Pool> pool, int name, std::vector<std::string>& log,
                                       PoolTime deadline, Lease& keep) {
  try {
    keep = co_await acquire(std::move(pool), deadline);
    log.push_back(std::to_string(name) + " granted");
  } catch (const Error& error) {
    log.push_back(std::to_string(name) + " " + std::string(to_string(error.kind())));
  }
}

class PoolCoroutines : public PoolTest {
 protected:
  void spawn(int name, boost::asio::cancellation_signal* signal = nullptr) {
    leases.push_back(std::make_unique<Lease>());
    auto coroutine = note_turn(pool, name, log, time + seconds(30), *leases.back());
    if (signal == nullptr) {
      boost::asio::co_spawn(io, std::move(coroutine), boost::asio::detached);
    } else {
      boost::asio::co_spawn(io, std::move(coroutine),
                            boost::asio::bind_cancellation_slot(signal->slot(), boost::asio::detached));
    }
  }
  void poll() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  std::vector<std::unique_ptr<Lease>> leases;
  std::vector<std::string> log;
};

TEST_F(PoolCoroutines, each_gets_its_turn_on_its_own_executor) {
  Visitor& a = enter();
  Visitor& b = enter();
  spawn(1);
  spawn(2);
  poll();
  EXPECT_THAT(log, IsEmpty());
  a.lease.return_clean();
  EXPECT_THAT(log, IsEmpty()) << "not on the thread of whoever returned the lease";
  poll();
  EXPECT_THAT(log, ElementsAre("1 granted"));
  b.lease.return_clean();
  poll();
  EXPECT_THAT(log, ElementsAre("1 granted", "2 granted"));
}

TEST_F(PoolCoroutines, timeout_and_refusal_are_unavailable) {
  enter();
  enter();
  for (int i = 0; i < 4; ++i) spawn(i);
  poll();
  EXPECT_THAT(log, ElementsAre("3 unavailable"));
  pool->expire(time + seconds(30));
  poll();
  EXPECT_THAT(log, ElementsAre("3 unavailable", "0 unavailable", "1 unavailable", "2 unavailable"));
}

TEST_F(PoolCoroutines, cancelled_coroutine_gives_up_its_place) {
  Visitor& a = enter();
  enter();
  boost::asio::cancellation_signal signal;
  spawn(1, &signal);
  spawn(2);
  poll();
  signal.emit(boost::asio::cancellation_type::terminal);
  poll();
  EXPECT_THAT(log, ElementsAre("1 cancelled"));
  EXPECT_EQ(pool->figures().waiting, 1);
  a.lease.return_clean();
  poll();
  EXPECT_THAT(log, ElementsAre("1 cancelled", "2 granted"));
}

TEST_F(PoolCoroutines, cancellation_that_comes_after_the_grant_loses_nothing) {
  Visitor& a = enter();
  enter();
  boost::asio::cancellation_signal signal;
  spawn(1, &signal);
  poll();
  a.lease.return_clean();  // granted, but the coroutine has not resumed yet
  signal.emit(boost::asio::cancellation_type::terminal);
  poll();
  leases.clear();
  EXPECT_EQ(pool->figures().in_use, 1) << "only the one that nobody returned";
}

TEST_F(PoolCoroutines, lease_of_a_coroutine_that_is_never_resumed_comes_back) {
  Visitor& a = enter();
  {
    boost::asio::io_context abandoned;
    Lease keep;
    enter();
    boost::asio::co_spawn(abandoned, note_turn(pool, 1, log, time + seconds(30), keep), boost::asio::detached);
    abandoned.poll();
    a.lease.return_clean();
    EXPECT_EQ(pool->figures().in_use, 2);
  }
  EXPECT_EQ(pool->figures().in_use, 1);
}

struct FakeDriver final : PoolDriver {
  boost::asio::awaitable<std::unique_ptr<PoolSession>> open() override {
    ++opens;
    if (fail_next_open) {
      fail_next_open = false;
      throw Error(ErrorKind::unavailable, "no route to host");
    }
    co_return std::make_unique<FakeSession>(opens);
  }
  boost::asio::awaitable<bool> ping(PoolSession&) override {
    ++pings;
    co_return alive;
  }
  boost::asio::awaitable<bool> reset(PoolSession&) override {
    ++resets;
    co_return alive;
  }
  int opens = 0, pings = 0, resets = 0;
  bool alive = true, fail_next_open = false;
};

class PoolDriving : public PoolTest {
 protected:
  Lease get() { return test::run_coro(acquire_ready(pool, driver, time + seconds(30))); }
  FakeDriver driver;
};

TEST_F(PoolDriving, opens_once_and_then_hands_out_as_it_is) {
  get().return_clean();
  get().return_clean();
  EXPECT_EQ(driver.opens, 1);
  EXPECT_EQ(driver.pings + driver.resets, 0);
}

TEST_F(PoolDriving, resets_what_came_back_dirty_and_pings_what_was_idle) {
  { const Lease dropped = get(); }
  get().return_clean();
  EXPECT_EQ(driver.resets, 1);
  time += seconds(31);
  get().return_clean();
  EXPECT_EQ(driver.pings, 1);
  EXPECT_EQ(driver.opens, 1);
}

TEST_F(PoolDriving, session_that_does_not_answer_its_ping_is_replaced) {
  get().return_clean();
  time += seconds(31);
  driver.alive = false;
  Lease lease = get();
  EXPECT_EQ(lease.session<FakeSession>()->number, 2);
  EXPECT_EQ(FakeSession::alive, 1);
}

TEST_F(PoolDriving, failed_opening_is_the_callers_error_and_blocks_nobody) {
  driver.fail_next_open = true;
  EXPECT_THROW(get(), Error);
  EXPECT_EQ(pool->figures().open, 0);
  EXPECT_TRUE(get());
}

// --- threads ---------------------------------------------------------------------------------------------------------

struct ThreadSafeDriver final : PoolDriver {
  boost::asio::awaitable<std::unique_ptr<PoolSession>> open() override {
    co_return std::make_unique<FakeSession>(++opens);
  }
  boost::asio::awaitable<bool> ping(PoolSession&) override { co_return true; }
  boost::asio::awaitable<bool> reset(PoolSession&) override { co_return true; }
  std::atomic<int> opens{0};
};

boost::asio::awaitable<void> borrow_often(std::shared_ptr<Pool> pool, ThreadSafeDriver& driver,
                                          std::atomic<int>& inside, std::atomic<int>& most, std::atomic<int>& done) {
  for (int i = 0; i < 200; ++i) {
    const PoolTime deadline = std::chrono::steady_clock::now() + seconds(60);
    Lease lease = co_await acquire_ready(pool, driver, deadline);
    const int now_inside = ++inside;
    int seen = most.load();
    while (now_inside > seen && !most.compare_exchange_weak(seen, now_inside)) continue;
    --inside;
    lease.return_clean();
    ++done;
  }
}

TEST(PoolThreads, never_more_inside_than_sessions_and_everybody_gets_through) {
  AlarmClock alarms;
  const PoolLimits limits{.size = 2,
                          .overflow = 1,
                          .queue_max = 1000,
                          .recycle = minutes(60),
                          .idle = minutes(5),
                          .ping_after = seconds(30)};
  auto pool = std::make_shared<Pool>(limits, &alarms);
  ThreadSafeDriver driver;
  std::atomic<int> inside{0}, most{0}, done{0};
  boost::asio::thread_pool threads(4);
  for (int i = 0; i < 16; ++i) {
    boost::asio::co_spawn(threads, borrow_often(pool, driver, inside, most, done), boost::asio::detached);
  }
  threads.join();
  EXPECT_EQ(done, 16 * 200);
  EXPECT_LE(most, 3);
  EXPECT_LE(driver.opens, 3);
  EXPECT_EQ(pool->figures().in_use, 0);
  EXPECT_EQ(pool->figures().acquired, 16U * 200U);
}

TEST(PoolThreads, alarm_ends_a_wait_by_itself) {
  AlarmClock alarms;
  const PoolLimits limits{
      .size = 1, .overflow = 0, .queue_max = 10, .recycle = minutes(60), .idle = minutes(5), .ping_after = seconds(30)};
  auto pool = std::make_shared<Pool>(limits, &alarms);
  Lease held = test::run_coro(acquire(pool, PoolTime::max()));
  const Error error =
      test::error_of([&] { test::run_coro(acquire(pool, std::chrono::steady_clock::now() + milliseconds(20))); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_EQ(pool->figures().timeouts, 1U);
}

}  // namespace
}  // namespace freshet::db
