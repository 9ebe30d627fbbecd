#pragma once
// What has to be known of a table to log its writes: how its columns compare, and by which keys one row can push
// another out.

#include <string>
#include <string_view>
#include <vector>

#include "db/sqlite/handle.hpp"
#include "sql/affinity.hpp"

namespace freshet::feed::sqlite {

struct ColumnFacts {
  std::string name;
  sql::Affinity affinity = sql::Affinity::blob;
  std::string collation;  // by its name
  bool generated = false;
  bool defaulted = false;  // NULL may not stay: REPLACE puts the default in its place
};

/// A primary key, the rowid, or a unique index: a row with the same key is in the way of a new one, and REPLACE throws
/// it out.
struct UniqueKey {
  struct Part {
    std::string column;      // empty: an expression
    std::string expression;  // SQL over the columns of the table
    std::string collation;
  };
  std::vector<Part> parts;
  std::string where;  // of a partial index: SQL, as its author wrote it
};

struct TableFacts {
  std::string name;
  std::vector<ColumnFacts> columns;
  std::vector<UniqueKey> keys;
  std::vector<UniqueKey::Part> identity;  // what tells a row from all others; empty: no name is left for the rowid
  bool ignoring = false;  // an AFTER trigger of the app ends in RAISE(IGNORE): triggers after it do not run

  [[nodiscard]] const ColumnFacts* column(std::string_view wanted) const noexcept;
};

/// Of an ordinary table of the main database. Reads only; a transaction of the caller's makes it one state.
[[nodiscard]] TableFacts read_table_facts(sqlite3* handle, const std::string& table);

/// An identifier as it is written in SQL: quoted where it has to be.
[[nodiscard]] std::string quoted(std::string_view name);

/// The columns that `expression` names, in the order of the table.
[[nodiscard]] std::vector<std::string> columns_in(std::string_view expression, const TableFacts& table);

}  // namespace freshet::feed::sqlite
