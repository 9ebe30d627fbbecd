#pragma once
// What a database has for the feed: the change log, the list of tables that are watched, and their triggers.
//
//   freshet_change (id, t, p1, p2, …)        one record for each row written: t says of which table, p… what its
//   columns
//                                            held; t below zero: any row of table -t. Ids have no gaps, and
//                                            the newest stays
//   freshet_watch (t, table_name, columns)   which table t is, and the columns that p1, p2, … stand for, as JSON

#include <map>
#include <string>
#include <vector>

#include "db/sqlite/handle.hpp"
#include "feed/sqlite/watch_triggers.hpp"

namespace freshet::feed::sqlite {

struct WatchState {
  struct Table {
    WatchedTable table;
    std::vector<Trigger> triggers;
    friend bool operator==(const Table&, const Table&) = default;
  };
  std::size_t log_columns = 0;
  bool log = false;             // both tables are there
  std::map<int, Table> tables;  // by number
  std::vector<Trigger> strays;  // of tables that are not on the list
};

/// As it is, whatever it is. Reads only; throws Error where the database reports one.
[[nodiscard]] WatchState read_watch_state(sqlite3* handle);

/// Why what is there cannot be relied on; empty: every write to its tables is logged. Checks each trigger against the
/// schema as it is now: an index that came later needs other triggers.
[[nodiscard]] std::string problem_of(sqlite3* handle, const WatchState& state);

/// SQL from one state to the other; empty if they are the same. Within one transaction.
[[nodiscard]] std::string script_between(const WatchState& from, const WatchState& to);

}  // namespace freshet::feed::sqlite
