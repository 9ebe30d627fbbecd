#pragma once
// What a rollup is: a table with one row for each group of a source table's rows, and sums, counts, least and greatest
// values of the group. freshet.toml's [[rollup]] says it; docs/rollups.md is the user's page.
//
// Expressions over the source (the filter, measures) are computed by the database in two places: from the table, and
// from the NEW and OLD rows of triggers, which have no affinity. Only expressions that mean the same in both are taken.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "sql/expression.hpp"
#include "sql/schema.hpp"

namespace freshet::sql {

/// Something of each row that is summed up: a column, or an expression with a name.
struct RollupMeasure {
  std::string name;
  std::string text;       // over the source's columns
  std::string canonical;  // canonical_text() of it
  bool plain = false;     // a column as it is
  bool sum = false;       // avg needs no more than the sum and a count
  bool min = false;
  bool max = false;
  friend bool operator==(const RollupMeasure&, const RollupMeasure&) = default;
};

struct RollupDefinition {
  std::string name;
  std::string source;
  std::vector<std::string> group_by;
  std::string filter;  // empty: every row counts
  std::vector<RollupMeasure> measures;
  friend bool operator==(const RollupDefinition&, const RollupDefinition&) = default;
};

enum class RollupAggregate : std::uint8_t { sum, min, max };

/// Adds `text`, a column or `expression AS name`, to the measures, once for whatever is asked of it. Throws config for
/// what cannot be read.
void add_measure(RollupDefinition& definition, std::string_view text, RollupAggregate aggregate);

/// The definition in a form that changes only if what the rollup holds does; one line.
[[nodiscard]] std::string canonical_text(const RollupDefinition& definition);

/// Names of the columns beside those of the groups; `count_column` is there unless the measure is a NOT NULL column.
[[nodiscard]] std::string sum_column(const RollupMeasure& measure);
[[nodiscard]] std::string count_column(const RollupMeasure& measure);
[[nodiscard]] std::string min_column(const RollupMeasure& measure);
[[nodiscard]] std::string max_column(const RollupMeasure& measure);
inline constexpr std::string_view rows_column = "n";

/// An expression over the columns of one table, to be written against the row that is at hand.
class RowExpression {
 public:
  /// Throws config, with `what` at its front, for what is no expression over `table` or would mean something else in a
  /// trigger than in a query.
  RowExpression(std::string text, const SchemaTable& table, std::string_view what);

  /// With `prefix` ("NEW.", "v.") in front of each column.
  [[nodiscard]] std::string over(std::string_view prefix) const;
  /// With what `write` makes of each column's name.
  [[nodiscard]] std::string over(const std::function<std::string(const std::string&)>& write) const;
  [[nodiscard]] const Expression& tree() const noexcept { return tree_; }

 private:
  std::string text_;
  std::vector<Token> tokens_;
  Expression tree_;
};

}  // namespace freshet::sql
