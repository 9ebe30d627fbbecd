#pragma once
// Queries that a rollup can answer. Within a statement each SELECT that sums up one table is looked at by itself, be it
// a subquery or a common table expression, and edited in place: its table becomes the rollup, its aggregates those of
// the rollup's columns. Everything else stays as it was written.
//
// Sound before clever. A SELECT is rewritten only if
//   - it reads the rollup's source, and nothing else;
//   - its WHERE holds the rollup's filter, written the same way, and otherwise asks for group columns only;
//   - it groups by group columns or expressions over them, or not at all;
//   - each aggregate follows from a group's count, sum, least or greatest value, in the same arithmetic;
//   - what it shows of group columns is the same for all rows of a group (no COLLATE NOCASE);
//   - where a LIMIT cuts off rows, ORDER BY leaves none of them equal.
// docs/rollups.md is the user's page of this list.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/directives.hpp"
#include "sql/rollup.hpp"
#include "sql/schema.hpp"

namespace freshet::sql {

/// A rollup that is there and complete.
struct RollupTable {
  RollupDefinition definition;
  SchemaTable source;
  std::set<std::string> not_null;    // columns of the source, in lower case
  std::vector<std::string> columns;  // of the rollup
  std::set<std::string> counted;     // names of measures that have a count of their own
};

struct AnsweredFromRollups {
  std::string text;  // the statement, rewritten
  std::vector<Placeholder> placeholders;
  std::vector<std::string> rollups;  // that it reads, once each
};

/// `statement` with :named placeholders. `limited`: not all of its rows will be taken.
/// nullopt: no rollup can answer a part
/// of it.
[[nodiscard]] std::optional<AnsweredFromRollups> answer_from_rollups(std::string_view statement,
                                                                     const std::vector<RollupTable>& rollups,
                                                                     bool limited);

}  // namespace freshet::sql
