#pragma once
// A small language for tests against a real server: coroutines run to their end, and changes are awaited.

#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "db/redis/client.hpp"
#include "support/redis_server.hpp"

namespace freshet::test {

/// A thread on which coroutines run, as those of requests do: not the client's.
class Caller {
 public:
  Caller() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~Caller() {
    work_.reset();
    thread_.join();
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  template <class Result>
  std::future<Result> start(boost::asio::awaitable<Result> coroutine) {
    return boost::asio::co_spawn(io_, std::move(coroutine), boost::asio::use_future);
  }
  template <class Result>
  Result run(boost::asio::awaitable<Result> coroutine) {
    return start(std::move(coroutine)).get();
  }
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// True once `holds` does; false if it has not for ten seconds.
inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline Log quiet() { return Log(LogLevel::off, LogFormat::json); }

inline db::redis::ClientOptions options_for(std::string_view url) {
  db::redis::ClientOptions options;
  options.dial.address = db::redis::parse_address(url);
  // Machines that run tests are busy: what has to be answered gets the time for it.
  options.timeout = std::chrono::milliseconds(2'000);
  options.breaker.slow = std::chrono::milliseconds(1'000);
  options.breaker.pause_max = std::chrono::milliseconds(100);
  return options;
}

}  // namespace freshet::test
