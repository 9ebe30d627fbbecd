#pragma once
// From a statement in Freshet's form (`:name`) to one in a database's own placeholders.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/directives.hpp"

namespace freshet::sql {

enum class PlaceholderStyle : std::uint8_t { sqlite /* ?1 */, postgres /* $1 */ };

/// One bound position: which parameter or which earlier statement's column it takes.
struct Slot {
  std::string name;
  std::string column;  // as in Placeholder
  bool list = false;
};

struct Rendered {
  std::string sql;
  std::vector<Slot> slots;  // slots[i] is position i + 1; the same name and form shares one position

  /// Maps a byte offset in `sql` (as the database reports an error) back to one in StatementSource::text.
  [[nodiscard]] std::size_t source_offset(std::size_t sql_offset) const noexcept;

  struct Edit {
    std::size_t sql_offset, source_offset;
  };
  std::vector<Edit> edits;  // sorted; what source_offset() works on
};

/// `IN (:list)` becomes a set of one parameter: `IN (SELECT value FROM json_each(?1))` on SQLite, `= ANY($1)` on
/// PostgreSQL, so that the text does not depend on the length. `is_list(name, column)` says which placeholders are
/// lists.
[[nodiscard]] Rendered render(const StatementSource& statement, PlaceholderStyle style,
                              const std::vector<ParameterSpec>& parameters);

/// True for SELECT / VALUES / WITH … SELECT (by the first keyword after CTEs): what may stand in a GET endpoint.
[[nodiscard]] bool is_query(std::string_view sql);
/// True if the statement has a LIMIT at its own level.
[[nodiscard]] bool has_limit(std::string_view sql);

/// What is known of one result column.
struct InferredColumn {
  ColumnType type = ColumnType::any;
  bool not_null = false;
  /// A column of a table on the optional side of an outer join: whatever the schema says, it may be NULL here.
  bool outer = false;
  /// The type rests on what the schema declares for a column, and not every database holds values to that.
  bool declared = false;
};

/// The schema, as far as the caller has it: type and NOT NULL of a table's column; nullopt: there is none of that name.
/// Names come as the statement writes them.
using ColumnLookup = std::function<std::optional<InferredColumn>(std::string_view table, std::string_view column)>;

/// Types of result columns that the tree shows (count → integer, json_object → json, comparison → boolean, …), by
/// position, through subqueries, common table expressions and set operations; `any` where it cannot tell. Without a
/// lookup, a table's column is `any`: the caller has the database's declared type for it, by the same position. With
/// one, sum(amount_cents) and coalesce(label, '') are known too. Uses libpg_query, after SQLite's own spellings are put
/// into PostgreSQL's; a statement that its grammar refuses all the same, or that nests too deeply to be parsed safely,
/// gives all `any`.
[[nodiscard]] std::vector<InferredColumn> infer_columns(std::string_view sql_with_named_placeholders,
                                                        std::size_t column_count, const ColumnLookup& lookup = {});

}  // namespace freshet::sql
