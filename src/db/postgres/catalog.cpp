#include "db/postgres/catalog.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "db/postgres/query.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {
namespace {

// Those that are asked about, in every question.
constexpr std::string_view visible =
    "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid) AND c.relname NOT LIKE 'freshet\\_%' AND "
    "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'freshet') AND n.nspname NOT LIKE "
    "'pg\\_temp\\_%'";
constexpr std::string_view from = " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace ";

using TablesByOid = std::map<std::string, CatalogTable*>;

void read_tables(pg_conn* handle, Catalog& catalog, std::vector<std::string>& oids) {
  const ResultHandle rows =
      query(handle, std::string("SELECT c.oid, c.relname, n.nspname, c.relkind, CASE WHEN c.relkind IN ('v', 'm') THEN "
                                "'CREATE VIEW ' || quote_ident(c.relname) || ' AS ' || pg_get_viewdef(c.oid) END") +
                        std::string(from) + "WHERE " + std::string(visible) + " ORDER BY c.relname COLLATE \"C\"");
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    const std::string kind = text_at(rows.get(), row, 3);
    CatalogTable& table = catalog.tables.emplace_back();
    table.name = text_at(rows.get(), row, 1);
    table.schema = text_at(rows.get(), row, 2);
    table.view = kind == "v";
    table.virtual_table = kind == "m" || kind == "f";
    table.view_sql = text_at(rows.get(), row, 4);
    oids.push_back(text_at(rows.get(), row, 0));
  }
}

sql::Affinity affinity_of(std::string_view category) {
  if (category == "N") return sql::Affinity::numeric;
  return category == "S" ? sql::Affinity::text : sql::Affinity::blob;
}

void read_columns(pg_conn* handle, const TablesByOid& tables) {
  const ResultHandle rows = query(
      handle, std::string("SELECT c.oid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR "
                          "a.attidentity <> '', coalesce(array_position(k.conkey, a.attnum), 0), a.attgenerated <> '', "
                          "t.typcategory, l.collname, coalesce(l.collisdeterministic, false)") +
                  std::string(from) +
                  "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
                  "JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_collation AS l ON l.oid = a.attcollation "
                  "LEFT JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'p' WHERE " +
                  std::string(visible) + " ORDER BY c.oid, a.attnum");
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    const auto table = tables.find(text_at(rows.get(), row, 0));
    if (table == tables.end()) continue;  // made since the first question
    table->second->columns.push_back({.name = text_at(rows.get(), row, 1),
                                      .declared_type = text_at(rows.get(), row, 2),
                                      .not_null = boolean_at(rows.get(), row, 3),
                                      .has_default = boolean_at(rows.get(), row, 4),
                                      .primary_key_position = integer_at(rows.get(), row, 5),
                                      .generated = boolean_at(rows.get(), row, 6),
                                      .affinity = affinity_of(text_at(rows.get(), row, 7)),
                                      .collation = text_at(rows.get(), row, 8),
                                      .deterministic_collation = boolean_at(rows.get(), row, 9)});
  }
}

void read_indexes(pg_conn* handle, const TablesByOid& tables) {
  // INCLUDEd columns are no part of the key.
  const ResultHandle rows =
      query(handle, std::string("SELECT c.oid, x.relname, i.indisunique, i.indpred IS NOT NULL, ARRAY(SELECT a.attname "
                                "FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (attnum, position) LEFT JOIN "
                                "pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.attnum AND u.attnum > 0 "
                                "WHERE u.position <= i.indnkeyatts ORDER BY u.position)") +
                        std::string(from) +
                        "JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisvalid JOIN pg_class AS x ON x.oid = "
                        "i.indexrelid WHERE " +
                        std::string(visible) + " ORDER BY c.oid, x.relname");
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    const auto table = tables.find(text_at(rows.get(), row, 0));
    if (table == tables.end()) continue;
    table->second->indexes.push_back({.name = text_at(rows.get(), row, 1),
                                      .columns = texts_at(rows.get(), row, 4),
                                      .unique = boolean_at(rows.get(), row, 2),
                                      .partial = boolean_at(rows.get(), row, 3)});
  }
}

void read_foreign_keys(pg_conn* handle, const TablesByOid& tables) {
  const auto names = [](std::string_view table, std::string_view keys) {
    return "ARRAY(SELECT a.attname FROM unnest(k." + std::string(keys) +
           ") WITH ORDINALITY AS u (attnum, position) JOIN pg_attribute AS a ON a.attrelid = k." + std::string(table) +
           " AND a.attnum = u.attnum ORDER BY u.position)";
  };
  const ResultHandle rows =
      query(handle, "SELECT c.oid, f.relname, " + names("conrelid", "conkey") + ", " + names("confrelid", "confkey") +
                        std::string(from) +
                        "JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'f' JOIN pg_class AS f ON "
                        "f.oid = k.confrelid WHERE " +
                        std::string(visible) + " ORDER BY c.oid, k.conname");
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    const auto table = tables.find(text_at(rows.get(), row, 0));
    if (table == tables.end()) continue;
    table->second->foreign_keys.push_back({.columns = texts_at(rows.get(), row, 2),
                                           .target_table = text_at(rows.get(), row, 1),
                                           .target_columns = texts_at(rows.get(), row, 3)});
  }
}

}  // namespace

Catalog read_catalog(pg_conn* handle) {
  Catalog catalog;
  std::vector<std::string> oids;
  read_tables(handle, catalog, oids);
  TablesByOid tables;
  for (std::size_t i = 0; i < oids.size(); ++i) tables.emplace(oids[i], &catalog.tables[i]);
  read_columns(handle, tables);
  read_indexes(handle, tables);
  read_foreign_keys(handle, tables);
  catalog.search_path = texts_at(query(handle, "SELECT current_schemas(false)").get(), 0, 0);
  return catalog;
}

}  // namespace freshet::db::postgres
