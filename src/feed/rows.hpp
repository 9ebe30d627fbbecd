#pragma once
// Small queries on a blocking connection, all rows at once.

#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "db/connection.hpp"

namespace freshet::feed {

using Rows = std::vector<std::vector<Value>>;

/// Runs `sql` with `parameters` for ?1, ?2 …
Rows read_rows(db::Connection& connection, std::string_view sql, std::vector<Value> parameters = {});

/// The value as text; empty for NULL.
[[nodiscard]] std::string text_of(const Value& value);
[[nodiscard]] bool is_true(const Value& value);

}  // namespace freshet::feed
