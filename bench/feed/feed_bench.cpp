// What a hit pays for the truth: is_current() and Stamp::holds(), and a catch-up after a commit; and what a writer pays
// for triggers. Mean of many.

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include "feed/feed.hpp"
#include "feed/watch_plan.hpp"

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

/// Of this process, whatever else the machine does.
double cpu_us() { return static_cast<double>(std::clock()) * 1e6 / CLOCKS_PER_SEC; }

void catch_up(Feed& feed) {
  boost::asio::io_context io;
  auto caught_up = boost::asio::co_spawn(io, feed.catch_up(), boost::asio::use_future);
  io.run();
  caught_up.get();
}

constexpr const char* schema =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, month TEXT NOT NULL, category TEXT NOT NULL, code TEXT UNIQUE, amount "
    "INTEGER);"
    "CREATE INDEX t_month ON t(month, category, amount); CREATE INDEX t_category ON t(category, month);";
const std::vector<Shape> shapes{{"t", {}}, {"t", {"category", "month"}}, {"t", {"id"}}, {"t", {"month"}}};

std::string rows(int from, int to) {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO t(month, category, "
      "code, "
      "amount) SELECT format('2025-%02d', 1 + i % 12), 'category ' || (i * 7919 % 20), 'code ' || (i * 7919 % "
      "1000003), i "
      "FROM n",
      from, to);
}

void measure_hits(const db::DatabaseOptions& options, db::Connection& writer, bool pieces) {
  const auto database = db::open_database(options);
  const auto feed = open_feed(options, *database);
  const auto watching = feed->watch(shapes);
  PendingStamp pending(feed->tags(), {piece_tag(shapes[3], {"t2025-01"}), table_tag("u")});
  const std::optional<Stamp> stamp = std::move(pending).seal(feed->tags().applied());
  std::uint64_t yes = 0;
  fmt::print("mode {}\n", to_string(feed->figures().mode));
  fmt::print("  is_current             {:10.1f} ns\n",
             mean_ns(10'000'000, [&] { yes += feed->is_current() ? 1U : 0U; }));
  fmt::print("  holds, two tags        {:10.1f} ns\n", mean_ns(10'000'000, [&] { yes += stamp->holds() ? 1U : 0U; }));
  if (yes != 20'000'000) fmt::print("  something was committed meanwhile: {}\n", yes);
  fmt::print("  catch_up, with a loop  {:10.1f} ns\n", mean_ns(20'000, [&] { catch_up(*feed); }));
  const auto update = [&] { writer.execute("UPDATE t SET amount = amount + 1 WHERE id = 1"); };
  const double alone = mean_ns(5'000, update);
  (void)mean_ns(1, [&] { catch_up(*feed); });
  const FeedFigures before = feed->figures();
  const double both = mean_ns(5'000, [&] {
    update();
    catch_up(*feed);
  });
  const FeedFigures after = feed->figures();
  fmt::print("  catch_up after commits {:10.1f} ns (a commit alone {:.1f})\n", both - alone, alone);
  fmt::print("    of which reading     {:10.1f} us\n",
             static_cast<double>(after.catch_up_us_total - before.catch_up_us_total) / 5'000);
  if (!pieces) return;
  for (const int count : {1'000, 10'000, 50'000}) {
    writer.execute(rows(500'000, 500'000 + count - 1));
    fmt::print("  catch_up, {:>6} rows   {:10.1f} us\n", count, mean_ns(1, [&] { catch_up(*feed); }) / 1'000);
    writer.execute("DELETE FROM t WHERE amount >= 500000");
    catch_up(*feed);
  }
}

/// A statement that stays prepared, as a server's do.
class Prepared {
 public:
  Prepared(db::Connection& connection, std::string_view sql, std::uint64_t id) : connection_(connection) {
    db::Statement statement = connection.describe(sql);
    statement.id = id;
    step_.statement = std::make_shared<const db::Statement>(std::move(statement));
  }
  void run(std::int64_t first, std::int64_t second = 0) {
    step_.bind = [&](db::Binder& binder) {
      binder.integer(1, first);
      if (step_.statement->parameter_count > 1) binder.integer(2, second);
    };
    connection_.run(step_);
  }

 private:
  db::Connection& connection_;
  db::Step step_;
};

constexpr int singles = 20'000;

std::vector<double> measure_writes(const db::DatabaseOptions& options) {
  const auto connection = db::open_connection(options);
  Prepared insert(*connection,
                  "INSERT INTO t(month, category, code, amount) SELECT format('2025-%02d', 1 + ?1 % 12), "
                  "'category ' || (?1 * 7919 % 20), 'code ' || (?1 * 7919 % 1000003), ?1",
                  1);
  Prepared update(*connection, "UPDATE t SET amount = ?1 WHERE id = ?2", 2);
  connection->execute(rows(0, 99'999));
  std::vector<double> us;
  const auto measure = [&](int times, const std::function<void(int)>& write) {
    const double before = cpu_us();
    for (int i = 0; i < times; ++i) write(i);
    us.push_back((cpu_us() - before) / times);
  };
  measure(singles, [&](int i) { insert.run(200'000 + i); });
  measure(1, [&](int) { connection->execute(rows(300'000, 399'999)); });
  measure(singles, [&](int i) { update.run(i, 1 + i * 3); });
  measure(1, [&](int) { connection->execute("UPDATE t SET category = category || 'x'"); });
  measure(1, [&](int) { connection->execute("DELETE FROM t WHERE id % 2 = 0"); });
  return us;
}

void measure(const std::string& folder) {
  db::DatabaseOptions plain, watched;
  plain.url = "sqlite:" + folder + "/plain.db";
  watched.url = "sqlite:" + folder + "/watched.db";
  for (const auto* options : {&plain, &watched}) db::open_connection(*options)->execute(schema);
  db::open_connection(watched)->execute(plan_watch(watched, shapes).up);
  const std::vector<double> without = measure_writes(plain);
  const std::vector<double> with = measure_writes(watched);
  fmt::print("CPU of a writer, us         without      with triggers\n");
  const char* const names[] = {"insert, one a commit", "insert, 100,000 rows", "update, one a commit",
                               "update, 220,000 rows", "delete, 110,000 rows"};
  for (std::size_t i = 0; i < without.size(); ++i) {
    fmt::print("  {:<24}{:11.1f}  {:11.1f}  x {:.2f}\n", names[i], without[i], with[i], with[i] / without[i]);
  }
  measure_hits(plain, *db::open_connection(plain), false);
  measure_hits(watched, *db::open_connection(watched), true);
}

}  // namespace
}  // namespace freshet::feed

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "freshet-feed-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  freshet::feed::measure(folder);
  std::filesystem::remove_all(folder);
  return 0;
}
