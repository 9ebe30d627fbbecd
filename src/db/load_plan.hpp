#pragma once
// From a header line and --map to statements: which field or expression fills which column.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/column_rule.hpp"
#include "db/load.hpp"

namespace freshet::db {

/// Where a column's value comes from: a field as it is, or a column of the `evaluate` statement.
struct LoadTarget {
  std::string column;
  ColumnRule rule;
  bool in_key = false;
  bool computed = false;
  std::size_t index = 0;  // of the field, or of the result column
};

struct LoadPlan {
  CatalogTable table;
  std::vector<std::string> headers;  // unique names: the second `amount` is `amount_2`
  std::vector<LoadTarget> targets;   // in the order of the INSERT's positions
  StatementPtr insert;
  std::string conflict;                // how the INSERT ends: " ON CONFLICT …", or nothing
  StatementPtr evaluate;               // null: no expressions
  std::vector<std::size_t> evaluated;  // fields that it takes, by position; then, if uses_line_number, the line
  bool uses_line_number = false;
  std::vector<std::string> ignored_headers;
};

/// Verifies everything against the database. Expressions are `evaluator`'s. Throws usage with what is wrong and where.
[[nodiscard]] LoadPlan plan_load(Connection& connection, Connection& evaluator, const LoadOptions& options,
                                 std::vector<std::string> headers);

}  // namespace freshet::db
