#pragma once
// A SQLite file behind two pools: reader sessions, and one writer, so that writes queue in order.

#include <memory>
#include <string>

#include "db/database.hpp"

namespace freshet::db::sqlite {

/// As db::open_database(), for the file at `path`.
[[nodiscard]] std::unique_ptr<Database> open_database(const std::string& path, const DatabaseOptions& options);
/// As db::open_connection(); ":memory:" is a private database.
[[nodiscard]] std::unique_ptr<Connection> open_connection(const std::string& path, const DatabaseOptions& options);

}  // namespace freshet::db::sqlite
