// bench_cache_l2 URL SECONDS CALLERS: many coroutines on one I/O thread look the same answer of 2 KB up, each again and
// again, for so long. One line: what was measured, lookups a second, and the time of one at p50 and p99 in
// microseconds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "cache/redis/second_level.hpp"
#include "db/redis/client.hpp"

namespace freshet::bench {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t body_bytes = 2048;

struct Measured {
  std::vector<std::int64_t> nanoseconds;
  std::uint64_t failures = 0;
};

/// True if it found the answer.
using Lookup = std::function<asio::awaitable<bool>()>;

asio::awaitable<void> call(const Lookup& lookup, Clock::time_point end, Measured& measured) {
  while (true) {
    const Clock::time_point begun = Clock::now();
    if (begun >= end) co_return;
    const bool found = co_await lookup();
    if (!found) ++measured.failures;
    measured.nanoseconds.push_back((Clock::now() - begun).count());
  }
}

void measure(const char* name, const Lookup& lookup, std::chrono::seconds time, int callers) {
  asio::io_context io(1);
  Measured measured;
  measured.nanoseconds.reserve(4'000'000);
  const Clock::time_point begun = Clock::now();
  for (int i = 0; i < callers; ++i) asio::co_spawn(io, call(lookup, begun + time, measured), asio::detached);
  io.run();
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::vector<std::int64_t>& times = measured.nanoseconds;
  std::ranges::sort(times);
  const auto at = [&](double share) {
    return static_cast<double>(times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]) / 1000;
  };
  fmt::print("{} {:.0f} {:.0f} {:.0f}\n", name, static_cast<double>(times.size()) / seconds, at(0.5), at(0.99));
  if (measured.failures > 0) {
    fmt::print(stderr, "{} lookups of {} found nothing\n", measured.failures, times.size());
    std::exit(1);
  }
}

cache::Record answer() {
  cache::Record record;
  record.key = "dashboard:month=2025-01:summary";
  record.stamp = "1234567:1234570:1234568";
  record.head_lines = "X-Cache: HIT\r\nContent-Type: application/json\r\nCache-Control: no-cache\r\n";
  // Rows such as an endpoint gives: zstd makes a third of them.
  for (int row = 0; record.body.size() < body_bytes; ++row) {
    record.body += fmt::format(R"({{"category":"c{}","transaction_count":{},"total_cents":{}}},)", row, 7 * row % 113,
                               104'729 * (row + 3) % 999'983);
  }
  record.body.resize(body_bytes);
  return record;
}

void wait_until(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Coroutines that lookups return to must not be lambdas with captures: these hold what they need.
asio::awaitable<bool> get_bytes(db::redis::Client& client) {
  const Expected<db::redis::Replies> replies = co_await client.ask(db::redis::Request("GET", "bytes"));
  co_return replies && replies->front().text.size() == body_bytes;
}
asio::awaitable<bool> get_record(cache::SecondLevel& second, std::string_view key) {
  const std::optional<cache::FoundRecord> found = co_await second.get(key, false);
  co_return found && found->record.body.size() == body_bytes;
}

int run(const std::string& url, std::chrono::seconds time, int callers) {
  db::redis::ClientOptions options;
  options.dial.address = db::redis::parse_address(url);
  options.timeout = std::chrono::seconds(5);
  options.breaker.slow = std::chrono::seconds(1);
  db::redis::Client client(options, Log(LogLevel::warning, LogFormat::automatic));
  wait_until([&] { return client.available(); });
  cache::SecondLevelOptions level;
  level.app = "bench";
  cache::SecondLevel second(client, level);
  const cache::Record record = answer();
  second.put(record, std::nullopt);
  client.tell(db::redis::Request("SET", "bytes", record.body));
  wait_until([&] { return second.figures().puts == 1 && client.figures().waiting == 0; });
  measure(
      "client", [&] { return get_bytes(client); }, time, callers);
  measure(
      "second-level", [&] { return get_record(second, record.key); }, time, callers);
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int count, char** words) {
  if (count != 4) {
    fmt::print(stderr, "bench_cache_l2 URL SECONDS CALLERS\n");
    return 2;
  }
  return freshet::bench::run(words[1], std::chrono::seconds(std::atoi(words[2])), std::atoi(words[3]));
}
