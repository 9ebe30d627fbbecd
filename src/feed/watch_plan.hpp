#pragma once
// What `freshet cache enable` puts into a database, and takes out again: the change log, and triggers that write into
// it which rows of which tables change. A plan is SQL that a person can read before it runs. SQLite only.

#include <string>
#include <vector>

#include "db/database.hpp"
#include "feed/tag.hpp"

namespace freshet::feed {

/// A table whose writes are logged, with the values of these columns: its whole-table tag and the pieces by any of
/// them.
struct WatchedTable {
  std::string name;
  std::vector<std::string> columns;  // ascending, unique
  friend bool operator==(const WatchedTable&, const WatchedTable&) = default;
};

struct WatchPlan {
  enum class Step : std::uint8_t { keep, add, change, remove };
  struct Entry {
    WatchedTable table;
    Step step = Step::keep;
  };
  std::vector<Entry> tables;  // by name
  std::vector<Shape> unseen;  // what no trigger can see: virtual tables, computed columns
  std::string up;             // empty: nothing to do
  std::string down;           // the way back
  [[nodiscard]] bool empty() const noexcept { return up.empty(); }
};

/// From what the database of `options` has to what `shapes` need (feed/pieces.hpp: shapes_of()). Blocking; reads only.
[[nodiscard]] WatchPlan plan_watch(const db::DatabaseOptions& options, const std::vector<Shape>& shapes);

/// From what it has to nothing.
[[nodiscard]] WatchPlan plan_unwatch(const db::DatabaseOptions& options);

}  // namespace freshet::feed
