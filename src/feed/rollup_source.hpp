#pragma once
// What the triggers of a rollup have to know of its source table: how its rows are told apart, which rows a REPLACE
// would evict, and whether a write to the table may cause another one to it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "sql/rollup.hpp"
#include "sql/schema.hpp"

namespace freshet::feed {

struct SourceColumn {
  std::string name;
  std::string declared_type;
  std::string collation = "BINARY";
  bool not_null = false;
  std::string default_sql;  // what REPLACE puts in place of NULL; empty: nothing
};

/// One column or expression of a unique key.
struct KeyTerm {
  std::string text;     // the column's name, or the expression as the index has it
  bool column = false;  // the former
  std::string collation = "BINARY";
};
/// No two rows have the same values here. Rows that a partial index leaves out count as if it had them.
using UniqueKey = std::vector<KeyTerm>;

struct RollupSource {
  sql::SchemaTable table;
  std::vector<SourceColumn> columns;
  bool strict = false;
  std::vector<std::string> identity;  // the columns that tell rows apart: the rowid under one of its names, or the key
  std::vector<UniqueKey> keys;        // identity first
  /// A write to the table may lead to another one to it that matters to the rollup, through triggers or foreign keys,
  /// before it is done.
  bool reentrant = false;

  [[nodiscard]] const SourceColumn* column(std::string_view name) const noexcept;
};

/// The source of a rollup. Throws config for what cannot be one: no table of that name, a view, a virtual table, or one
/// whose triggers would keep others from being run.
[[nodiscard]] RollupSource read_rollup_source(db::Connection& connection, const sql::RollupDefinition& definition);

}  // namespace freshet::feed
