#pragma once
// The schema, as far as the analysis of statements needs it. Made from a database's catalog (db/catalog.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "sql/affinity.hpp"

namespace freshet::sql {

struct SchemaColumn {
  std::string name;
  Affinity affinity = Affinity::blob;
  Collation collation = Collation::binary;
  bool generated = false;  // computed from others: triggers need not see it
};

struct SchemaTable {
  enum class Kind : std::uint8_t { table, view, virtual_table };
  std::string name;
  Kind kind = Kind::table;
  std::vector<SchemaColumn> columns;
  std::string view_sql;  // of a view: CREATE VIEW …
  [[nodiscard]] const SchemaColumn* column(std::string_view wanted) const noexcept;
};

struct Schema {
  std::vector<SchemaTable> tables;
  [[nodiscard]] const SchemaTable* table(std::string_view wanted) const noexcept;
};

}  // namespace freshet::sql
