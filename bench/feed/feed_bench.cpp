// What a hit pays for the truth: is_current() and Stamp::holds(), and a catch-up after a commit. Mean of many.

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include "feed/feed.hpp"

namespace freshet::feed {
namespace {

using Clock = std::chrono::steady_clock;

template <class Body>
double mean_ns(std::uint64_t times, Body body) {
  const Clock::time_point begun_at = Clock::now();
  for (std::uint64_t i = 0; i < times; ++i) body();
  const std::chrono::duration<double, std::nano> took = Clock::now() - begun_at;
  return took.count() / static_cast<double>(times);
}

void catch_up(Feed& feed) {
  boost::asio::io_context io;
  auto caught_up = boost::asio::co_spawn(io, feed.catch_up(), boost::asio::use_future);
  io.run();
  caught_up.get();
}

void measure(const std::string& path) {
  db::DatabaseOptions options;
  options.url = "sqlite:" + path;
  const auto writer = db::open_connection(options);
  writer->execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  const auto database = db::open_database(options);
  const auto feed = open_feed(options, *database);
  PendingStamp pending(feed->tags(), {table_tag("t"), table_tag("u")});
  const std::optional<Stamp> stamp = std::move(pending).seal(feed->tags().applied());
  std::uint64_t yes = 0;
  fmt::print("is_current             {:8.1f} ns\n", mean_ns(10'000'000, [&] { yes += feed->is_current() ? 1U : 0U; }));
  fmt::print("holds, two tags        {:8.1f} ns\n", mean_ns(10'000'000, [&] { yes += stamp->holds() ? 1U : 0U; }));
  if (yes != 20'000'000) fmt::print("something was committed meanwhile: {}\n", yes);
  fmt::print("catch_up, with a loop  {:8.1f} ns\n", mean_ns(100'000, [&] { catch_up(*feed); }));
  const double alone = mean_ns(5'000, [&] { writer->execute("UPDATE t SET a = a + 1"); });
  const double both = mean_ns(5'000, [&] {
    writer->execute("UPDATE t SET a = a + 1");
    catch_up(*feed);
  });
  fmt::print("catch_up after commits {:8.1f} ns (a commit alone {:.1f})\n", both - alone, alone);
}

}  // namespace
}  // namespace freshet::feed

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "freshet-feed-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  freshet::feed::measure(folder + "/bench.db");
  std::filesystem::remove_all(folder);
  return 0;
}
