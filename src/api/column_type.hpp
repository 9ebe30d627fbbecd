#pragma once
// What a database's word for a type means in JSON.

#include <string_view>

#include "sql/parameter.hpp"

namespace freshet::api {

/// "DECIMAL(10,2)" → decimal. Whole words first, then SQLite's own rules for parts of a name; any: nothing is known.
[[nodiscard]] sql::ColumnType column_type_of(std::string_view declared_type);

}  // namespace freshet::api
