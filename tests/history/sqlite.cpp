#include "history/sqlite.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <sqlite3.h>

namespace freshet::history {
namespace {

constexpr int busy_ms = 30'000;

[[noreturn]] void fail(sqlite3* handle, std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, sqlite3_errmsg(handle)));
}

}  // namespace

void CloseSqlite::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
void CloseSqlite::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Handle open_sqlite(const std::string& path) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open(path.c_str(), &raw);
  Handle handle(raw);
  if (code != SQLITE_OK) fail(raw, path);
  sqlite3_busy_timeout(raw, busy_ms);
  return handle;
}

Prepared prepare(sqlite3* handle, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK) {
    fail(handle, sql);
  }
  return Prepared(statement);
}

bool try_execute(sqlite3* handle, const std::string& script) {
  return sqlite3_exec(handle, script.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

void execute(sqlite3* handle, const std::string& script) {
  if (!try_execute(handle, script)) fail(handle, script);
}

std::string dump(sqlite3* handle, std::string_view query) {
  const Prepared statement = prepare(handle, query);
  std::string text;
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
      const unsigned char* cell = sqlite3_column_text(statement.get(), i);
      text += cell == nullptr ? "null" : reinterpret_cast<const char*>(cell);
      text += '|';
    }
    text += '\n';
  }
  return text;
}

}  // namespace freshet::history
