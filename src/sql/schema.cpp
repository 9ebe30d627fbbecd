#include "sql/schema.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace freshet::sql {

const SchemaColumn* SchemaTable::column(std::string_view wanted) const noexcept {
  const auto found = std::ranges::find_if(
      columns, [&](const SchemaColumn& column) { return equal_ignoring_case(column.name, wanted); });
  return found == columns.end() ? nullptr : &*found;
}

const SchemaTable* Schema::table(std::string_view wanted) const noexcept {
  const auto found =
      std::ranges::find_if(tables, [&](const SchemaTable& table) { return equal_ignoring_case(table.name, wanted); });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace freshet::sql
