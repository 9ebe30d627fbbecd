#include "db/catalog.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace freshet::db {

const CatalogColumn* CatalogTable::column(std::string_view wanted) const noexcept {
  const auto found = std::ranges::find_if(
      columns, [&](const CatalogColumn& column) { return equal_ignoring_case(column.name, wanted); });
  return found == columns.end() ? nullptr : &*found;
}

const CatalogTable* Catalog::table(std::string_view wanted) const noexcept {
  const auto found =
      std::ranges::find_if(tables, [&](const CatalogTable& table) { return equal_ignoring_case(table.name, wanted); });
  return found == tables.end() ? nullptr : &*found;
}

sql::Schema schema_of(const Catalog& catalog) {
  using Kind = sql::SchemaTable::Kind;
  sql::Schema schema;
  for (const CatalogTable& table : catalog.tables) {
    sql::SchemaTable& entry = schema.tables.emplace_back();
    entry.name = table.name;
    entry.kind = table.view ? Kind::view : table.virtual_table ? Kind::virtual_table : Kind::table;
    entry.view_sql = table.view_sql;
    for (const CatalogColumn& column : table.columns) {
      entry.columns.push_back({.name = column.name,
                               .affinity = column.affinity,
                               .collation = sql::collation_of(column.collation),
                               .generated = column.generated});
    }
  }
  return schema;
}

}  // namespace freshet::db
