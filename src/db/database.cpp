#include "db/database.hpp"

#include "db/location.hpp"
#include "db/sqlite/database.hpp"

namespace freshet::db {

std::unique_ptr<Database> open_database(const DatabaseOptions& options) {
  return sqlite::open_database(parse_location(options.url).path, options);
}

std::unique_ptr<Connection> open_connection(const DatabaseOptions& options) {
  return sqlite::open_connection(parse_location(options.url).path, options);
}

}  // namespace freshet::db
