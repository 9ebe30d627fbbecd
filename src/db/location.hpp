#pragma once
// What a database URL names.

#include <string>
#include <string_view>

#include "db/statement.hpp"

namespace freshet::db {

struct Location {
  Dialect dialect = Dialect::sqlite;
  std::string path;  // SQLite: the file, or ":memory:"
};

/// `sqlite:relative/or/absolute.db`, `sqlite:///absolute.db`, `sqlite::memory:`, or a plain path that ends in .db,
/// .sqlite or .sqlite3. Throws config for anything else.
[[nodiscard]] Location parse_location(std::string_view url);

}  // namespace freshet::db
