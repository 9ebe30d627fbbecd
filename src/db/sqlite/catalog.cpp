#include "db/sqlite/catalog.hpp"

#include <algorithm>
#include <utility>

#include <sqlite3.h>

#include "db/sqlite/errors.hpp"
#include "db/sqlite/statement_cache.hpp"

namespace freshet::db::sqlite {
namespace {

/// A small statement with one text parameter at most, walked row by row.
class Query {
 public:
  Query(sqlite3* handle, std::string_view sql, std::string_view parameter = {})
      : handle_(handle), sql_(sql), statement_(prepare(handle, sql, false)) {
    if (sqlite3_bind_parameter_count(statement_.get()) > 0) {
      sqlite3_bind_text64(statement_.get(), 1, parameter.data(), parameter.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
  }
  bool next() {
    const int code = sqlite3_step(statement_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) throw error_from(handle_, code, sql_, Interruption::none);
    return code == SQLITE_ROW;
  }
  [[nodiscard]] std::string text(int column) const {
    const unsigned char* text = sqlite3_column_text(statement_.get(), column);
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
  }
  [[nodiscard]] int integer(int column) const { return sqlite3_column_int(statement_.get(), column); }

 private:
  sqlite3* handle_;
  std::string_view sql_;
  StatementHandle statement_;
};

std::string collation_of(sqlite3* handle, const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  const int code = sqlite3_table_column_metadata(handle, "main", table.c_str(), column.c_str(), nullptr, &collation,
                                                 nullptr, nullptr, nullptr);
  return code == SQLITE_OK && collation != nullptr ? collation : "BINARY";
}

/// How the columns of a table compare; those of a view have it from where they come.
void read_comparisons(sqlite3* handle, CatalogTable& table, bool strict) {
  for (CatalogColumn& column : table.columns) {
    column.affinity = sql::affinity_of(column.declared_type, strict);
    column.collation = collation_of(handle, table.name, column.name);
  }
}

std::vector<CatalogColumn> read_columns(sqlite3* handle, const std::string& table) {
  constexpr int hidden_in_virtual_table = 1;
  std::vector<CatalogColumn> columns;
  Query query(handle, R"(SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1))",
              table);
  while (query.next()) {
    if (query.integer(5) == hidden_in_virtual_table) continue;
    columns.push_back({.name = query.text(0),
                       .declared_type = query.text(1),
                       .not_null = query.integer(2) != 0,
                       .has_default = query.integer(3) != 0,
                       .primary_key_position = query.integer(4),
                       .generated = query.integer(5) > hidden_in_virtual_table});
  }
  return columns;
}

std::vector<CatalogIndex> read_indexes(sqlite3* handle, const std::string& table) {
  std::vector<CatalogIndex> indexes;
  Query query(handle, R"(SELECT name, "unique", partial FROM pragma_index_list(?1) ORDER BY name)", table);
  while (query.next()) {
    CatalogIndex index{
        .name = query.text(0), .columns = {}, .unique = query.integer(1) != 0, .partial = query.integer(2) != 0};
    Query columns(handle, "SELECT name FROM pragma_index_info(?1) ORDER BY seqno", index.name);
    while (columns.next()) index.columns.push_back(columns.text(0));
    indexes.push_back(std::move(index));
  }
  return indexes;
}

std::vector<ForeignKey> read_foreign_keys(sqlite3* handle, const std::string& table) {
  std::vector<ForeignKey> keys;
  int current = -1;
  Query query(handle, R"(SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?1) ORDER BY id, seq)", table);
  while (query.next()) {
    if (query.integer(0) != std::exchange(current, query.integer(0))) {
      keys.push_back({.columns = {}, .target_table = query.text(1), .target_columns = {}});
    }
    keys.back().columns.push_back(query.text(2));
    if (std::string target = query.text(3); !target.empty()) keys.back().target_columns.push_back(std::move(target));
  }
  return keys;
}

/// `REFERENCES t` without columns means t's primary key.
void complete_targets(Catalog& catalog) {
  for (CatalogTable& table : catalog.tables) {
    for (ForeignKey& key : table.foreign_keys) {
      const CatalogTable* target = catalog.table(key.target_table);
      if (!key.target_columns.empty() || target == nullptr) continue;
      std::vector<std::pair<int, std::string>> primary;
      for (const CatalogColumn& column : target->columns) {
        if (column.primary_key_position > 0) primary.emplace_back(column.primary_key_position, column.name);
      }
      std::ranges::sort(primary);
      for (auto& [position, name] : primary) key.target_columns.push_back(std::move(name));
    }
  }
}

CatalogTable read_view(sqlite3* handle, CatalogTable view) {
  try {
    view.columns = read_columns(handle, view.name);
  } catch (const Error&) {
    view.columns.clear();  // it refers to something that is gone; whoever uses it will hear
  }
  return view;
}

}  // namespace

Catalog read_catalog(sqlite3* handle) {
  Catalog catalog;
  Query query(
      handle,
      "SELECT name, type, strict, (SELECT sql FROM main.sqlite_schema AS s WHERE s.name = l.name AND s.type = 'view') "
      "FROM pragma_table_list AS l WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') "
      R"(AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'freshet\_%' ESCAPE '\' ORDER BY name)");
  while (query.next()) {
    CatalogTable table;
    table.name = query.text(0);
    table.view = query.text(1) == "view";
    table.virtual_table = query.text(1) == "virtual";
    if (table.view) {
      table.view_sql = query.text(3);
      catalog.tables.push_back(read_view(handle, std::move(table)));
      continue;
    }
    table.columns = read_columns(handle, table.name);
    read_comparisons(handle, table, query.integer(2) != 0);
    table.indexes = read_indexes(handle, table.name);
    table.foreign_keys = read_foreign_keys(handle, table.name);
    catalog.tables.push_back(std::move(table));
  }
  complete_targets(catalog);
  return catalog;
}

}  // namespace freshet::db::sqlite
