#include "db/database.hpp"

#include "db/location.hpp"
#include "db/postgres/connection.hpp"
#include "db/postgres/database.hpp"
#include "db/sqlite/database.hpp"

namespace freshet::db {

Dialect dialect_of(const DatabaseOptions& options) { return parse_location(options.url).dialect; }

std::unique_ptr<Database> open_database(const DatabaseOptions& options) {
  const Location location = parse_location(options.url);
  if (location.dialect == Dialect::postgres) return postgres::open_database(location, options);
  return sqlite::open_database(location.path, options);
}

std::unique_ptr<Connection> open_connection(const DatabaseOptions& options) {
  const Location location = parse_location(options.url);
  return location.dialect == Dialect::postgres ? postgres::open_connection(location, options)
                                               : sqlite::open_connection(location.path, options);
}

}  // namespace freshet::db
