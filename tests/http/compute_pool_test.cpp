#include "http/compute_pool.hpp"

#include <latch>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace freshet::http::test {
namespace {

namespace asio = boost::asio;

/// A pool, and a thread whose coroutines wait for it.
struct ComputePoolTest : testing::Test {
  ~ComputePoolTest() override {
    work.reset();
    thread.join();
  }
  std::future<bool> run(std::function<void()> job, std::size_t cost) {
    return asio::co_spawn(context, pool.run(std::move(job), cost), asio::use_future);
  }

  asio::io_context context;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{asio::make_work_guard(context)};
  ComputePool pool{1, 100};
  std::thread thread{[this] { context.run(); }};
};

TEST_F(ComputePoolTest, runs_a_job_on_a_thread_of_its_own) {
  std::thread::id where;
  EXPECT_TRUE(run([&] { where = std::this_thread::get_id(); }, 1).get());
  EXPECT_NE(where, thread.get_id());
  EXPECT_NE(where, std::this_thread::get_id());
  EXPECT_EQ(pool.cost(), 0U);
}

TEST_F(ComputePoolTest, refuses_at_once_what_would_be_too_much_and_takes_it_when_there_is_room) {
  std::latch release(1);
  std::future<bool> first = run([&] { release.wait(); }, 60);
  while (pool.cost() < 60) std::this_thread::yield();
  std::future<bool> second = run([] {}, 40);  // waits behind the first
  while (pool.cost() < 100) std::this_thread::yield();
  bool ran = false;
  EXPECT_FALSE(run([&] { ran = true; }, 1).get());
  release.count_down();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_FALSE(ran);
  EXPECT_EQ(pool.cost(), 0U);
  EXPECT_TRUE(run([&] { ran = true; }, 1).get());
  EXPECT_TRUE(ran);
}

TEST_F(ComputePoolTest, takes_any_one_job_when_it_has_nothing) {
  EXPECT_TRUE(run([] {}, 1'000'000).get());
}

}  // namespace
}  // namespace freshet::http::test
