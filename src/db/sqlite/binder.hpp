#pragma once
// Binds one execution's values to a prepared statement.

#include <vector>

#include "core/bytes.hpp"
#include "db/sqlite/handle.hpp"
#include "db/statement.hpp"

namespace freshet::db::sqlite {

/// Texts and blobs are bound where they are (they outlive the step by Binder's contract); lists are written as JSON
/// arrays into buffers that are kept from one execution to the next. Not thread-safe.
class SqliteBinder final : public Binder {
 public:
  /// Readies the binder for `statement`; `handle` words the errors.
  void start(sqlite3* handle, sqlite3_stmt* statement) noexcept;

  void null(int position) override;
  void integer(int position, std::int64_t value) override;
  void real(int position, double value) override;
  void text(int position, std::string_view value) override;
  void blob(int position, std::string_view bytes) override;
  /// [1,"two",null]: booleans as 0 and 1, blobs as text. Integers and texts arrive exactly as they are.
  void list(int position, std::span<const Value> values) override;

 private:
  void check(int code) const;

  sqlite3* handle_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  std::vector<Bytes> lists_;
  std::size_t lists_used_ = 0;
};

/// Appends `values` as a JSON array for json_each(). Throws unprocessable for a text with a NUL character, which
/// SQLite's JSON cannot carry.
void append_json_list(Bytes& out, std::span<const Value> values);

}  // namespace freshet::db::sqlite
