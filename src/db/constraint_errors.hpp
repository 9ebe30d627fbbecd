#pragma once
// What breaks a rule of the database, in the same words for every driver: clients see these.

#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace freshet::db {

/// conflict. No columns: it is not known which.
[[nodiscard]] Error unique_error(const std::vector<std::string>& columns);
/// conflict.
[[nodiscard]] Error foreign_key_error();
/// unprocessable. `name` of the constraint; empty: it has none.
[[nodiscard]] Error check_error(std::string_view name);
/// unprocessable.
[[nodiscard]] Error not_null_error(const std::vector<std::string>& columns);
/// unprocessable: what is no value of the column's type. An empty column: not known which.
[[nodiscard]] Error datatype_error(std::string_view column, std::string_view type);

}  // namespace freshet::db
