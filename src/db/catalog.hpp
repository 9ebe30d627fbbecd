#pragma once
// The schema as read from the database: what identifiers are checked against.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/schema.hpp"

namespace freshet::db {

struct CatalogColumn {
  std::string name;
  std::string declared_type;
  bool not_null = false;
  bool has_default = false;
  int primary_key_position = 0;  // 0: not part of it; counts from 1
  bool generated = false;
  sql::Affinity affinity = sql::Affinity::blob;
  std::string collation = "BINARY";  // which values are equal; PostgreSQL: the collation's name, empty if it has none
  bool deterministic_collation = false;  // PostgreSQL: only what has the same bytes is equal
};

struct CatalogIndex {
  std::string name;
  std::vector<std::string> columns;  // empty name: an expression
  bool unique = false;
  bool partial = false;
};

struct ForeignKey {
  std::vector<std::string> columns;
  std::string target_table;
  std::vector<std::string> target_columns;
};

struct CatalogTable {
  std::string name;
  std::string schema;  // PostgreSQL: where it is; found by its name alone, as search_path has it
  bool view = false;
  bool virtual_table = false;  // no triggers see its changes; PostgreSQL: foreign tables, materialized views
  std::string view_sql;        // of a view
  std::vector<CatalogColumn> columns;
  std::vector<CatalogIndex> indexes;
  std::vector<ForeignKey> foreign_keys;
  [[nodiscard]] const CatalogColumn* column(std::string_view name) const noexcept;
};

struct Catalog {
  std::vector<CatalogTable> tables;      // sorted by name, internal tables left out
  std::vector<std::string> search_path;  // PostgreSQL: the schemas that names are looked up in, in that order
  [[nodiscard]] const CatalogTable* table(std::string_view name) const noexcept;
};

/// What the analysis of statements needs of it.
[[nodiscard]] sql::Schema schema_of(const Catalog& catalog);

}  // namespace freshet::db
