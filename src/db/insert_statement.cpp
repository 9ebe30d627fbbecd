#include "db/insert_statement.hpp"

#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace freshet::db {

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string quoted_names(std::span<const std::string> names) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ", ";
    list += quoted_name(name);
  }
  return list;
}

std::string placeholder(Dialect dialect, std::size_t position) {
  return fmt::format("{}{}", dialect == Dialect::sqlite ? '?' : '$', position);
}

std::string insert_statement(Dialect dialect, std::string_view table, std::span<const std::string> columns) {
  std::string values;
  for (std::size_t position = 1; position <= columns.size(); ++position) {
    if (position > 1) values += ", ";
    values += placeholder(dialect, position);
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", quoted_name(table), quoted_names(columns), values);
}

StatementPtr prepare_to_repeat(Connection& connection, std::string_view sql) {
  constexpr std::uint64_t apart = std::uint64_t{1} << 63U;  // from the small numbers that a Database hands out
  Statement statement = connection.describe(sql);
  statement.id = std::hash<std::string_view>()(sql) | apart;
  return std::make_shared<const Statement>(std::move(statement));
}

}  // namespace freshet::db
