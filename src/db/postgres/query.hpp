#pragma once
// Small questions to the server, blocking: for describing, the catalog, and the command line.

#include <string>
#include <string_view>
#include <vector>

#include "db/postgres/handle.hpp"

namespace freshet::db::postgres {

/// Runs `sql` (one statement, with $1 … of type text). Throws what error_from() makes of a failure.
[[nodiscard]] ResultHandle query(pg_conn* handle, const std::string& sql, const std::vector<std::string>& values = {});

[[nodiscard]] std::string text_at(const pg_result* result, int row, int column);
[[nodiscard]] int integer_at(const pg_result* result, int row, int column);
[[nodiscard]] bool boolean_at(const pg_result* result, int row, int column);
/// The items of an array of texts: {a,"b c",NULL}, where NULL is an empty text.
[[nodiscard]] std::vector<std::string> texts_at(const pg_result* result, int row, int column);

/// '{"a","b"}', for a parameter of type text[].
[[nodiscard]] std::string array_of(const std::vector<std::string>& texts);

}  // namespace freshet::db::postgres
