#pragma once
// SQLite's SQL in words that PostgreSQL's grammar takes, for the sake of its tree: the result has the same columns, and
// is never run.

#include <optional>
#include <string>
#include <string_view>

namespace freshet::sql {

/// nullopt if the statement is too large or nests too deeply to be handed to a recursive parser. Placeholders become
/// $1, $2 … in the order of the text, one each.
[[nodiscard]] std::optional<std::string> to_postgres_grammar(std::string_view sql);

}  // namespace freshet::sql
