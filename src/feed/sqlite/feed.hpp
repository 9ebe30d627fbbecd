#pragma once
// The change feed of a SQLite file.

#include <memory>
#include <string>

#include "feed/feed.hpp"

namespace freshet::feed::sqlite {

/// As feed::open_feed(), for the file at `path`. It sees that somebody has committed, not what: mode `database`.
[[nodiscard]] std::unique_ptr<Feed> open_feed(const std::string& path, const db::DatabaseOptions& options,
                                              db::Database& database);

}  // namespace freshet::feed::sqlite
