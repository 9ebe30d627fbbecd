#pragma once
// What a database URL names.

#include <string>
#include <string_view>

#include "core/config.hpp"
#include "db/statement.hpp"

namespace freshet::db {

struct Location {
  Dialect dialect = Dialect::sqlite;
  std::string path;  // SQLite: the file, or ":memory:"
  std::string url;   // PostgreSQL: as libpq takes it. May hold a password: never to be shown
  /// For messages and logs: without a password, without parameters.
  [[nodiscard]] std::string shown() const;
};

/// SQLite: `sqlite:relative/or/absolute.db`, `sqlite:///absolute.db`, `sqlite::memory:`, or a plain path that ends in
/// .db, .sqlite or .sqlite3. PostgreSQL: `postgresql://user@host:port/database?sslmode=…` (or `postgres://`), where
/// what is left out comes from the PG* variables of the environment and from ~/.pgpass. `$NAME` is whatever of these
/// the environment variable NAME holds. Throws config for anything else.
[[nodiscard]] Location parse_location(std::string_view url, const Environment& environment = {});

/// True if `url` names an environment variable that holds the URL.
[[nodiscard]] bool is_variable(std::string_view url) noexcept;

}  // namespace freshet::db
