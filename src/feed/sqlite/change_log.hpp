#pragma once
// The connection through which the feed reads what was logged.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "db/sqlite/open.hpp"
#include "feed/sqlite/query.hpp"
#include "feed/sqlite/watched_tables.hpp"

namespace freshet::feed::sqlite {

/// Not thread-safe. Throws Error where the database cannot be read. Everything but the constructor is called within a
/// ReadTransaction on handle().
class ChangeLog {
 public:
  /// More records than this in one reading are not read: a gap.
  static constexpr std::int64_t records_max = 100'000;

  explicit ChangeLog(const db::sqlite::OpenOptions& options);

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

  /// Changes with every change of the schema, by anybody.
  [[nodiscard]] std::int64_t schema_version();

  /// The log is there, with that many columns: prepares to read it.
  void use_log(std::size_t columns);

  /// The highest id that any record had; 0: there was none.
  [[nodiscard]] std::int64_t newest();

  struct Reading {
    std::int64_t records = 0;
    bool gap = false;  // some are missing after `since`: anything may have changed up to `newest`
    std::int64_t newest = 0;
  };
  /// Tells `tags` of the records after `since`: record i happened at `base` + i.
  [[nodiscard]] Reading read(std::int64_t since, WatchedTables& tables, TagTable& tags, Position base);

 private:
  db::sqlite::DatabaseHandle handle_;
  Query schema_version_;
  std::unique_ptr<Query> newest_, records_;
};

}  // namespace freshet::feed::sqlite
