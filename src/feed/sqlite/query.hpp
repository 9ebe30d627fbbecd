#pragma once
// A statement of the feed's own on one of its own connections, prepared once and walked row by row.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/value.hpp"
#include "db/sqlite/handle.hpp"

namespace freshet::feed::sqlite {

/// Not thread-safe. The connection must outlive it. Throws Error where the database reports one.
class Query {
 public:
  Query(sqlite3* handle, std::string_view sql);

  Query& bind(int position, std::int64_t value);
  Query& bind(int position, std::string_view value);  // copied
  /// The next row; at the end false, and it can be run again.
  bool next();
  /// Lets go of what it reads, before its end.
  void reset() noexcept;

  // Columns count from 0.
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const noexcept;
  /// Valid until the next row.
  [[nodiscard]] Cell cell(int column) const noexcept;

 private:
  sqlite3* handle_;
  db::sqlite::StatementHandle statement_;
};

/// Runs statements without results.
void execute(sqlite3* handle, const char* sql);

/// A transaction that reads: whatever is read within it is one state. Ends when it is destroyed.
class ReadTransaction {
 public:
  explicit ReadTransaction(sqlite3* handle);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  sqlite3* handle_;
};

}  // namespace freshet::feed::sqlite
