#include "feed/feed.hpp"

#include "db/location.hpp"
#include "feed/sqlite/feed.hpp"

namespace freshet::feed {

std::string_view to_string(Mode mode) noexcept { return mode == Mode::pieces ? "pieces" : "database"; }

std::unique_ptr<Feed> open_feed(const db::DatabaseOptions& options, db::Database& database) {
  const db::Location location = db::parse_location(options.url);
  if (location.dialect != db::Dialect::sqlite) {
    throw Error(ErrorKind::config, "changes can be followed on SQLite only");
  }
  return sqlite::open_feed(location.path, options, database);
}

}  // namespace freshet::feed
