#include "feed/feed.hpp"

#include <algorithm>

#include "db/location.hpp"
#include "feed/sqlite/feed.hpp"
#include "feed/sqlite/watch_plan.hpp"
#include "feed/watch_plan.hpp"

namespace freshet::feed {

std::string_view to_string(Mode mode) noexcept { return mode == Mode::pieces ? "pieces" : "database"; }

void FeedFigures::add_catch_up(std::chrono::steady_clock::duration took) noexcept {
  const auto us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  ++catch_ups;
  catch_up_us_total += us;
  catch_up_us_max = std::max(catch_up_us_max, us);
}

namespace {

db::sqlite::OpenOptions planning(const db::DatabaseOptions& options) {
  const db::Location location = db::parse_location(options.url);
  if (location.dialect != db::Dialect::sqlite) {
    throw Error(ErrorKind::config, "writes can be logged by triggers on SQLite only");
  }
  db::sqlite::OpenOptions open;
  open.path = location.path;
  open.role = db::sqlite::Role::reader;
  open.read_only = options.read_only;
  open.busy_timeout = options.busy_timeout;
  return open;
}

}  // namespace

WatchPlan plan_watch(const db::DatabaseOptions& options, const std::vector<Shape>& shapes) {
  return sqlite::plan_watch(planning(options), shapes);
}

WatchPlan plan_unwatch(const db::DatabaseOptions& options) { return sqlite::plan_unwatch(planning(options)); }

std::unique_ptr<Feed> open_feed(const db::DatabaseOptions& options, db::Database& database) {
  const db::Location location = db::parse_location(options.url);
  if (location.dialect != db::Dialect::sqlite) {
    throw Error(ErrorKind::config, "changes can be followed on SQLite only");
  }
  return sqlite::open_feed(location.path, options, database);
}

}  // namespace freshet::feed
