#pragma once
// What a connection to PostgreSQL is opened with: what the URL says, and what Freshet relies on.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "db/database.hpp"
#include "db/location.hpp"
#include "db/postgres/handle.hpp"

namespace freshet::db::postgres {

enum class Role : std::uint8_t {
  command,  // writes, and may take its time
  session,  // of a pool: reads unless a transaction says otherwise, with a time limit for statements
};

struct Settings {
  std::vector<std::pair<std::string, std::string>> parameters;  // for libpq. May hold a password: never to be shown
  std::string shown;                                            // the database, for messages
};

/// Times are UTC and ISO 8601, numbers are exact, nothing is compiled just in time; TCP connections notice within a
/// minute or two that the other end is gone. What the URL says of `options` is kept. Throws config for a URL that libpq
/// does not take.
[[nodiscard]] Settings settings_of(const Location& location, const DatabaseOptions& options, Role role);

/// SQL that puts Freshet's functions at the end of the search_path, whatever that is: for the session, or for the
/// transaction.
[[nodiscard]] std::string find_functions(bool in_transaction);

/// Connects, and finds Freshet's functions. Blocking. Throws what open_error() makes of a failure.
[[nodiscard]] ConnectionHandle connect(const Settings& settings);

}  // namespace freshet::db::postgres
