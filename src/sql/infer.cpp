// infer_columns: a statement in PostgreSQL's grammar, its tree walked, its columns by position.

#include <algorithm>
#include <string>
#include <vector>

#include "sql/infer_grammar.hpp"
#include "sql/infer_walk.hpp"
#include "sql/parse_tree.hpp"
#include "sql/statement.hpp"

namespace freshet::sql {
namespace {

// Known columns stand at both ends; between two stars, nothing is certain.
std::vector<InferredColumn> aligned(const inference::Columns& columns, std::size_t count) {
  using inference::Column;
  std::vector<InferredColumn> result(count);
  const auto put = [&](std::size_t position, const Column& column) {
    const Inferred& known = column.type;
    result[position] = {
        .type = known.type, .not_null = known.not_null, .outer = known.outer, .declared = known.declared};
  };
  const bool stars = std::any_of(columns.begin(), columns.end(), [](const Column& column) { return column.star; });
  if (!stars && columns.size() != count) return result;
  for (std::size_t i = 0; i < columns.size() && i < count && !columns[i].star; ++i) put(i, columns[i]);
  if (!stars) return result;
  for (std::size_t i = 0; i < columns.size() && i < count && !columns[columns.size() - 1 - i].star; ++i) {
    put(count - 1 - i, columns[columns.size() - 1 - i]);
  }
  return result;
}

}  // namespace

std::vector<InferredColumn> infer_columns(std::string_view sql_with_named_placeholders, std::size_t column_count,
                                          const ColumnLookup& lookup) {
  std::vector<InferredColumn> unknown(column_count);
  if (column_count == 0) return unknown;
  const std::optional<std::string> sql = to_postgres_grammar(sql_with_named_placeholders);
  if (!sql) return unknown;
  const std::optional<ParseTree> tree = ParseTree::parse(*sql);
  if (!tree) return unknown;
  return aligned(inference::Walk(lookup).statement(tree->statement()), column_count);
}

}  // namespace freshet::sql
