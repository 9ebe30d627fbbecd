#pragma once
// What is known about functions and types: the tables behind infer_columns.

#include <optional>
#include <span>
#include <string_view>

#include "sql/statement.hpp"

namespace freshet::sql {

/// What is known of an expression.
struct Inferred {
  ColumnType type = ColumnType::any;
  bool not_null = false;
  bool outer = false;          // as InferredColumn::outer
  bool declared = false;       // as InferredColumn::declared
  bool null_constant = false;  // the word NULL, which fits any type
};

/// The type of a value that is one or the other: the branches of CASE, the rows of UNION. NULL takes the other's type.
[[nodiscard]] Inferred merged(const Inferred& a, const Inferred& b) noexcept;

/// a + b, a - b, a * b, a / b, a % b.
[[nodiscard]] ColumnType arithmetic_type(ColumnType a, ColumnType b) noexcept;

/// The target of a cast, by the last part of the type's name in lower case ("int8", "varchar").
[[nodiscard]] ColumnType cast_type(std::string_view name) noexcept;

/// The result of calling `name` (lower case) with `arguments`; any if it is not known.
[[nodiscard]] Inferred function_result(std::string_view name, std::span<const Inferred> arguments) noexcept;

/// True for functions that make one row of many.
[[nodiscard]] bool is_aggregate(std::string_view name, std::size_t argument_count) noexcept;

}  // namespace freshet::sql
