// Coroutines are stepped by hand: io.poll() runs all that can run, and the test opens the gate of each work.
#include "cache/flight.hpp"

#include <deque>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

namespace asio = boost::asio;

struct FlightTest : testing::Test {
  struct Caller {
    int result = -1;
    std::exception_ptr error;
    bool done = false;
    asio::cancellation_signal stop;
  };

  asio::io_context io;
  Flights<int> flights;
  std::deque<Landing> gates;  // of the works, as they begin
  std::deque<Caller> callers;
  int usable_asked = 0;
  bool usable = true;

  // Each work returns its number once its gate opens; a negative outcome fails.
  asio::awaitable<int> work() {
    gates.emplace_back();
    const int number = static_cast<int>(gates.size());
    co_await gates.back().wait();
    if (fails) throw Error(ErrorKind::unavailable, "no database");
    co_return number;
  }
  asio::awaitable<bool> answer_usable() {
    ++usable_asked;
    co_return usable;
  }
  bool fails = false;

  Caller& call() {
    Caller& caller = callers.emplace_back();
    asio::co_spawn(io,
                   flights.run(
                       "k", [this] { return work(); }, [this](const int&) { return answer_usable(); }),
                   asio::bind_cancellation_slot(caller.stop.slot(), [&caller](std::exception_ptr error, int result) {
                     caller.result = result;
                     caller.error = std::move(error);
                     caller.done = true;
                   }));
    step();
    return caller;
  }
  void step() {
    io.restart();
    io.poll();
  }
  void open(std::size_t gate) {
    gates.at(gate).land();
    step();
  }
};

TEST_F(FlightTest, a_thousand_misses_run_the_work_once) {
  for (int i = 0; i < 1000; ++i) call();
  EXPECT_EQ(gates.size(), 1U);
  EXPECT_EQ(flights.figures(), (std::pair<std::size_t, std::size_t>(1, 999)));
  open(0);
  EXPECT_EQ(gates.size(), 1U);
  for (const Caller& caller : callers) ASSERT_EQ(caller.result, 1);
  EXPECT_EQ(usable_asked, 999);
  EXPECT_EQ(flights.figures().first, 0U);
}

TEST_F(FlightTest, a_waiter_that_began_after_an_invalidation_does_not_take_the_older_flight) {
  const Caller& leader = call();
  usable = false;  // something was committed
  const Caller& second = call();
  const Caller& third = call();
  open(0);
  EXPECT_EQ(leader.result, 1);
  EXPECT_FALSE(second.done);
  EXPECT_FALSE(third.done);
  EXPECT_EQ(gates.size(), 2U);  // they share the next flight
  open(1);
  EXPECT_EQ(second.result, 2);
  EXPECT_EQ(third.result, 2);
  EXPECT_EQ(usable_asked, 2);  // the flight that began after them needs no question
}

TEST_F(FlightTest, an_error_is_told_to_all_who_wait) {
  fails = true;
  for (int i = 0; i < 3; ++i) call();
  open(0);
  EXPECT_EQ(gates.size(), 1U);
  for (const Caller& caller : callers) {
    ASSERT_TRUE(caller.error);
    EXPECT_THROW(std::rethrow_exception(caller.error), Error);
  }
}

TEST_F(FlightTest, the_next_waiter_takes_over_when_the_leader_is_cancelled) {
  Caller& leader = call();
  const Caller& second = call();
  const Caller& third = call();
  leader.stop.emit(asio::cancellation_type::terminal);
  step();
  EXPECT_TRUE(leader.error);
  EXPECT_FALSE(second.done);
  EXPECT_EQ(gates.size(), 2U);
  open(1);
  EXPECT_EQ(second.result, 2);
  EXPECT_EQ(third.result, 2);
}

TEST_F(FlightTest, a_cancelled_waiter_leaves_the_flight_alone) {
  const Caller& leader = call();
  Caller& waiter = call();
  waiter.stop.emit(asio::cancellation_type::terminal);
  step();
  EXPECT_TRUE(waiter.error);
  EXPECT_FALSE(leader.done);
  open(0);
  EXPECT_EQ(leader.result, 1);
}

TEST_F(FlightTest, other_keys_fly_apart) {
  call();
  asio::co_spawn(io,
                 flights.run(
                     "other", [this] { return work(); }, [this](const int&) { return answer_usable(); }),
                 [](std::exception_ptr, int) {});
  step();
  EXPECT_EQ(gates.size(), 2U);
  open(0);
  open(1);
  EXPECT_EQ(flights.figures().first, 0U);
}

// Many threads, each with its own executor: every caller gets a result, and works never overlap.
asio::awaitable<int> guarded_work(std::atomic<int>& under_way, std::atomic<int>& overlaps, std::atomic<int>& works) {
  if (under_way.fetch_add(1) != 0) overlaps.fetch_add(1);
  const int number = works.fetch_add(1);
  std::this_thread::yield();
  under_way.fetch_sub(1);
  co_return number;
}
asio::awaitable<bool> yes() { co_return true; }

asio::awaitable<void> keep_calling(Flights<int>& flights, std::atomic<int>& under_way, std::atomic<int>& overlaps,
                                   std::atomic<int>& works, std::atomic<int>& served) {
  for (int i = 0; i < 500; ++i) {
    Flights<int>::Work work = [&] { return guarded_work(under_way, overlaps, works); };
    Flights<int>::Usable usable = [](const int&) { return yes(); };
    co_await flights.run("k", std::move(work), std::move(usable));
    served.fetch_add(1);
  }
}

TEST(FlightThreads, works_of_a_key_never_overlap_and_everybody_is_served) {
  Flights<int> flights;
  std::atomic<int> under_way{0}, overlaps{0}, works{0}, served{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        asio::io_context io;
        for (int i = 0; i < 4; ++i) {
          asio::co_spawn(io, keep_calling(flights, under_way, overlaps, works, served),
                         [](std::exception_ptr error) { EXPECT_FALSE(error); });
        }
        io.run();
      });
    }
  }
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(served, 4 * 4 * 500);
}

}  // namespace
}  // namespace freshet::cache
