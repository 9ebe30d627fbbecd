#pragma once
// Verifies statements without running them, and says in friendly words what is wrong.

#include <cstddef>
#include <string>
#include <string_view>

#include "db/catalog.hpp"
#include "db/statement.hpp"

struct sqlite3;

namespace freshet::db::sqlite {

/// As Connection::describe().
[[nodiscard]] Statement describe(sqlite3* handle, std::string_view sql, std::size_t* offset_out);

/// A suggestion for SQLite's `message` about `sql`: the nearest column of the tables that `sql` names, the nearest
/// table, the nearest function; empty if nothing is near.
[[nodiscard]] std::string hint_for(std::string_view message, std::string_view sql, const Catalog& catalog,
                                   const std::vector<std::string>& functions);

/// Bytes at the start of `sql` that are blanks, comments or semicolons.
[[nodiscard]] std::size_t blank_prefix(std::string_view sql) noexcept;

}  // namespace freshet::db::sqlite
