#pragma once
// The triggers that log the writes to one table. What they must get right:
//
// - An UPDATE concerns where the row was and where it is: both are logged, once if they are the same.
// - REPLACE, UPDATE OR REPLACE and ON CONFLICT REPLACE throw out rows that are in the way, and no DELETE trigger hears
//   of it: BEFORE triggers log the rows that have the key of the new one, as its index compares.
// - A trigger of the app that ends in RAISE(IGNORE) keeps triggers after it from running: such a table is logged as a
//   whole, before each write.
//
// Actions of foreign keys and writes by triggers of the app fire these triggers as any other write does.

#include <string>
#include <vector>

#include "db/connection.hpp"
#include "feed/sqlite/table_facts.hpp"
#include "feed/watch_plan.hpp"

namespace freshet::feed::sqlite {

struct Trigger {
  std::string name;
  std::string sql;  // CREATE TRIGGER … END, as the schema keeps it
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

/// `number` stands for the table in the log: positive with values of its columns, negative for all of its rows.
[[nodiscard]] std::vector<Trigger> triggers_for(const TableFacts& facts, const WatchedTable& table, int number);

/// Logs that any row of `tables` may have changed, as part of the transaction at hand. Those that are not watched, and
/// a database without a log, are left as they are: nobody relies on it there.
void log_whole_tables(db::Connection& connection, const std::vector<std::string>& tables);

}  // namespace freshet::feed::sqlite
