// The types of parameters and columns: their words, how they read to a caller, how their values compare.

#include <array>

#include "core/decimal.hpp"
#include "core/time.hpp"
#include "sql/parameter.hpp"

namespace freshet::sql {

std::string_view to_string(ParameterType type) noexcept {
  switch (type) {
    case ParameterType::text:
      return "text";
    case ParameterType::integer:
      return "int";
    case ParameterType::decimal:
      return "decimal";
    case ParameterType::boolean:
      return "bool";
    case ParameterType::date:
      return "date";
    case ParameterType::timestamp:
      return "timestamp";
    case ParameterType::month:
      return "month";
    case ParameterType::uuid:
      return "uuid";
    case ParameterType::enumeration:
      return "enum";
    case ParameterType::json:
      return "json";
  }
  return "text";
}

std::string text_of_now(ParameterType type) {
  std::string text = to_text(now());
  if (type == ParameterType::month) text.resize(std::string_view("YYYY-MM").size());
  if (type == ParameterType::date) text.resize(std::string_view("YYYY-MM-DD").size());
  return text;
}

std::string_view to_string(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::any:
      return "any";
    case ColumnType::text:
      return "text";
    case ColumnType::integer:
      return "int";
    case ColumnType::decimal:
      return "decimal";
    case ColumnType::number:
      return "number";
    case ColumnType::boolean:
      return "bool";
    case ColumnType::date:
      return "date";
    case ColumnType::timestamp:
      return "timestamp";
    case ColumnType::month:
      return "month";
    case ColumnType::uuid:
      return "uuid";
    case ColumnType::json:
      return "json";
    case ColumnType::blob:
      return "blob";
  }
  return "any";
}

std::optional<ColumnType> column_type_from(std::string_view word) noexcept {
  using enum ColumnType;
  constexpr std::array types{any, text, integer, decimal, number, boolean, date, timestamp, month, uuid, json, blob};
  for (const ColumnType type : types) {
    if (to_string(type) == word) return type;
  }
  // The words that a schema uses are as good here.
  if (word == "integer") return integer;
  if (word == "boolean") return boolean;
  return std::nullopt;
}

std::string_view description_of(ParameterType type) noexcept {
  switch (type) {
    case ParameterType::text:
      return "text";
    case ParameterType::integer:
      return "a whole number of at most 64 bits";
    case ParameterType::decimal:
      return "a decimal number like 12.50, of at most 38 digits";
    case ParameterType::boolean:
      return "true or false";
    case ParameterType::date:
      return "a date like 2025-01-31";
    case ParameterType::timestamp:
      return "a timestamp like 2025-01-31T08:30:00Z";
    case ParameterType::month:
      return "a month like 2025-01";
    case ParameterType::uuid:
      return "a UUID like 123e4567-e89b-12d3-a456-426614174000";
    case ParameterType::enumeration:
      return "one of the choices, as text";
    case ParameterType::json:
      return "JSON";
  }
  return "text";
}

int compare_canonical(ParameterType type, std::string_view a, std::string_view b) noexcept {
  const auto sign = [](auto order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
  switch (type) {
    case ParameterType::integer:
    case ParameterType::decimal:
      return sign(Decimal::parse(a).value_or(Decimal()) <=> Decimal::parse(b).value_or(Decimal()));
    case ParameterType::timestamp:
      return sign(parse_timestamp(a).value_or(Timestamp()) <=> parse_timestamp(b).value_or(Timestamp()));
    default:
      return sign(a.compare(b));
  }
}

}  // namespace freshet::sql
