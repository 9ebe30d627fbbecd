#pragma once
// INSERT statements as text, for commands that write into tables they learn of at run time.

#include <span>
#include <string>
#include <string_view>

#include "db/connection.hpp"

namespace freshet::db {

/// `name` as an identifier in double quotes.
[[nodiscard]] std::string quoted_name(std::string_view name);
/// The names in double quotes, separated by commas.
[[nodiscard]] std::string quoted_names(std::span<const std::string> names);
/// "?1", or "$1".
[[nodiscard]] std::string placeholder(Dialect dialect, std::size_t position);

/// INSERT INTO "table" ("a", "b") VALUES (?1, ?2), with a position for each column.
[[nodiscard]] std::string insert_statement(Dialect dialect, std::string_view table,
                                           std::span<const std::string> columns);

/// Verifies `sql` (as Connection::describe) and gives it an identity, made of its text, so that `connection` keeps it
/// prepared from one run to the next.
[[nodiscard]] StatementPtr prepare_to_repeat(Connection& connection, std::string_view sql);

}  // namespace freshet::db
