#pragma once
// Canonical values: two values that the database takes for equal, in a column, give the same bytes, so that a parameter
// and a row meet in the same tag. The first byte is the type: n, i(nteger), r(eal), t(ext), b(lob).

#include <optional>
#include <string>

#include "core/value.hpp"
#include "sql/affinity.hpp"

namespace freshet::feed {

/// Of a value that a statement compares with a column. nullopt: which stored values it equals cannot be told for
/// certain without the database (a real compared with text, a decimal text with numbers): depend on the whole table.
[[nodiscard]] std::optional<std::string> canonical(const Value& value, sql::Affinity affinity,
                                                   sql::Collation collation);

/// Of a value that is stored in a column, or was: into `out`, whose memory is used again.
void canonical(const Cell& cell, sql::Affinity affinity, sql::Collation collation, std::string& out);

}  // namespace freshet::feed
