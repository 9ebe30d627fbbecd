#include "sql/volatile_functions.hpp"

#include <algorithm>
#include <array>

namespace freshet::sql {

bool is_volatile_function(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 14> names{
      "random",        "randomblob",     "now",        "uuid",          "current_timestamp",
      "current_date",  "current_time",   "changes",    "total_changes", "last_insert_rowid",
      "sqlite_offset", "load_extension", "sqlite_log", "fts5_source_id"};
  return std::ranges::find(names, name) != names.end() || name.starts_with("rnd") || name.starts_with("seed_");
}

bool is_date_function(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 7> names{"date",     "time",      "datetime", "julianday",
                                                  "strftime", "unixepoch", "timediff"};
  return std::ranges::find(names, name) != names.end();
}

}  // namespace freshet::sql
