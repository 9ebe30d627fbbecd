#pragma once
// The prepared statements of one connection, by Statement::id, the least recently used leaving first.

#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

#include "db/sqlite/handle.hpp"

namespace freshet::db::sqlite {

/// Prepares one statement; the text must hold exactly one. Throws what error_from() makes of a failure.
[[nodiscard]] StatementHandle prepare(sqlite3* handle, std::string_view sql, bool keep);

/// Not thread-safe. O(1) a look-up.
class StatementCache {
 public:
  explicit StatementCache(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  /// The statement `id`, prepared now if it is not yet. Stays valid until `capacity` others have been asked for.
  [[nodiscard]] sqlite3_stmt* get(sqlite3* handle, std::uint64_t id, std::string_view sql);
  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

 private:
  struct Entry {
    std::uint64_t id;
    StatementHandle statement;
  };
  std::size_t capacity_;
  std::list<Entry> by_use_;  // most recent first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_id_;
};

}  // namespace freshet::db::sqlite
