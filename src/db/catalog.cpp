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

}  // namespace freshet::db
