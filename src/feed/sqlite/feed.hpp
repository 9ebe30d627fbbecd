#pragma once
// The change feed of a SQLite file.

#include <memory>
#include <string>

#include "feed/feed.hpp"

namespace freshet::feed::sqlite {

/// As feed::open_feed(), for the file at `path`. Which mode it is in follows from the triggers that the file has, and
/// may change while it is followed.
[[nodiscard]] std::unique_ptr<Feed> open_feed(const std::string& path, const db::DatabaseOptions& options,
                                              db::Database& database);

}  // namespace freshet::feed::sqlite
