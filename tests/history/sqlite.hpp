#pragma once
// Plain SQLite for the oracle and the writers: they must not share code with what they judge.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace freshet::history {

struct CloseSqlite {
  void operator()(sqlite3* handle) const noexcept;
  void operator()(sqlite3_stmt* statement) const noexcept;
};
using Handle = std::unique_ptr<sqlite3, CloseSqlite>;
using Prepared = std::unique_ptr<sqlite3_stmt, CloseSqlite>;

/// Throws std::runtime_error with SQLite's own words.
[[nodiscard]] Handle open_sqlite(const std::string& path);
[[nodiscard]] Prepared prepare(sqlite3* handle, std::string_view sql);
void execute(sqlite3* handle, const std::string& script);
/// As a program would: false with an error, which is not thrown.
[[nodiscard]] bool try_execute(sqlite3* handle, const std::string& script);
/// Every row of a query as `1|two|`, for comparing whole tables.
[[nodiscard]] std::string dump(sqlite3* handle, std::string_view query);

}  // namespace freshet::history
