#pragma once
// A PostgreSQL database behind one pool of sessions, which no thread belongs to: whoever runs work waits for the socket
// on its own executor.

#include <memory>

#include "db/database.hpp"
#include "db/location.hpp"

namespace freshet::db::postgres {

/// As db::open_database(). The server has to be there.
[[nodiscard]] std::unique_ptr<Database> open_database(const Location& location, const DatabaseOptions& options);

}  // namespace freshet::db::postgres
