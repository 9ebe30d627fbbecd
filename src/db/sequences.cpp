#include "db/sequences.hpp"

#include <string>

#include <fmt/format.h>

#include "db/insert_statement.hpp"

namespace freshet::db {
namespace {

std::string quoted_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted.push_back('\'');
    quoted.push_back(c);
  }
  return quoted + "'";
}

}  // namespace

void continue_numbering(Connection& connection, const CatalogTable& table, bool forwards_only) {
  if (connection.dialect() != Dialect::postgres) return;
  const std::string name = quoted_name(table.name);
  for (const CatalogColumn& column : table.columns) {
    const std::string& type = column.declared_type;
    if (!column.has_default || (type != "bigint" && type != "integer" && type != "smallint")) continue;
    const std::string sequence = connection.scalar(
        fmt::format("SELECT pg_get_serial_sequence({}, {})", quoted_text(name), quoted_text(column.name)));
    if (sequence.empty()) continue;
    connection.execute(fmt::format(
        "SELECT setval({0}, next, false) FROM (SELECT coalesce(max({1}), 0) + 1 AS next FROM {2}) AS rows{3}",
        quoted_text(sequence), quoted_name(column.name), name,
        forwards_only ? fmt::format(" WHERE next > (SELECT last_value FROM {})", sequence) : ""));
  }
}

}  // namespace freshet::db
