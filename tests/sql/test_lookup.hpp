#pragma once
// A small schema, as infer_columns asks for it.

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "sql/statement.hpp"

namespace freshet::testing {

/// transactions (id, month, label, amount_cents, exclude, tags, rate, category_id) and categories (id, name,
/// parent_id).
inline std::optional<sql::InferredColumn> test_lookup(std::string_view table, std::string_view column) {
  using enum sql::ColumnType;
  struct Known {
    std::string_view table, column;
    sql::InferredColumn type;
  };
  static constexpr std::array schema{
      Known{"transactions", "id", {.type = integer, .not_null = true}},
      Known{"transactions", "month", {.type = month, .not_null = true}},
      Known{"transactions", "label", {.type = text}},
      Known{"transactions", "amount_cents", {.type = integer, .not_null = true}},
      Known{"transactions", "exclude", {.type = boolean, .not_null = true}},
      Known{"transactions", "tags", {.type = json}},
      Known{"transactions", "rate", {.type = decimal}},
      Known{"transactions", "category_id", {.type = integer}},
      Known{"categories", "id", {.type = integer, .not_null = true}},
      Known{"categories", "name", {.type = text, .not_null = true}},
      Known{"categories", "parent_id", {.type = integer}},
  };
  const auto found = std::find_if(schema.begin(), schema.end(),
                                  [&](const Known& known) { return known.table == table && known.column == column; });
  if (found == schema.end()) return std::nullopt;
  return found->type;
}

}  // namespace freshet::testing
