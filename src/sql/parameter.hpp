#pragma once
// Parameters of an endpoint: their declared types, and text or JSON → value with every check.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/value.hpp"

namespace freshet::sql {

class Pattern;

enum class ParameterType : std::uint8_t {
  text,
  integer,
  decimal,
  boolean,
  date,
  timestamp,
  month,
  uuid,
  enumeration,
  json,
};
/// Types of result columns in JSON and in OpenAPI.
enum class ColumnType : std::uint8_t {
  any,
  text,
  integer,
  decimal,
  number,
  boolean,
  date,
  timestamp,
  month,
  uuid,
  json,
  blob,
};

[[nodiscard]] std::string_view to_string(ParameterType type) noexcept;  // the word of the directive: "int", "bool", …
[[nodiscard]] std::string_view to_string(ColumnType type) noexcept;
[[nodiscard]] std::optional<ColumnType> column_type_from(std::string_view word) noexcept;

enum class ParameterIn : std::uint8_t {
  automatic,  // path if in the route, body for POST/PUT/PATCH, else query
  query,
  body,
  header,
};

/// `-- @param month month required`, `-- @param sort enum(total,name) = total`, `-- @param ids int[] max_items=50`.
struct ParameterSpec {
  std::string name;
  ParameterType type = ParameterType::text;
  bool list = false;
  bool required = false;
  ParameterIn in = ParameterIn::automatic;
  std::vector<std::string> choices;                   // enumeration
  std::optional<int> scale;                           // decimal(2): at most that many fraction digits
  std::optional<std::string> min, max;                // in canonical text of the type (numbers, dates, …)
  std::optional<std::size_t> min_length, max_length;  // text, in characters
  std::optional<std::string> pattern;      // regular expression (RE2's syntax), which the whole text must match
  std::shared_ptr<const Pattern> matcher;  // `pattern` compiled; null: compiled anew for each value
  std::size_t items_max = 1000;            // list
  std::string description;
  Argument default_value;  // given == false; scalar Null or the default, items for lists
  bool has_default = false;
  bool default_now = false;  // the default is the month, date or time of the request, UTC: no default_value
  std::size_t offset = 0;    // of the name within the file
};

/// This moment as a value of type month, date or timestamp, UTC: what `= now` stands for.
[[nodiscard]] std::string text_of_now(ParameterType type);

/// Default limits that hold whatever the directive says.
inline constexpr std::size_t text_length_max_default = 10'000;

/// Objects and arrays within a json parameter.
inline constexpr unsigned json_depth_max = 64;

/// Text from a path or query (already decoded, valid UTF-8) → value. Returns what is wrong as a FieldProblem without
/// `in`; `out` is then unspecified. Codes: type, min, max, scale, min_length, max_length, pattern, enum.
/// Canonical forms: decimal without exponent, leading zeros or trailing zeros of the fraction, date YYYY-MM-DD,
/// timestamp YYYY-MM-DDTHH:MM:SS.fff[fff]Z in UTC, month YYYY-MM, uuid lower case, json without blanks.
[[nodiscard]] std::optional<FieldProblem> parse_scalar(const ParameterSpec& spec, std::string_view text, Value& out);

/// Several texts (repeated or comma-separated query parameters) → list. `1,2` is two items, and so is `1` given twice.
/// A single text of a text list is split too, unless the comma stands in double quotes (`"Food, drinks",Rent`); if the
/// parameter is repeated, each text is an item as it is. An empty text alone is an empty list. Further code: max_items.
[[nodiscard]] std::optional<FieldProblem> parse_list(const ParameterSpec& spec, const std::vector<std::string>& texts,
                                                     Argument& out);

/// One member of a JSON body, seen as raw JSON text (valid UTF-8): numbers keep every digit. `null` gives Null, unless
/// the parameter is required (code: required). Integers may be written `12.0` or `1.2e1`; decimals may come as strings.
[[nodiscard]] std::optional<FieldProblem> parse_json(const ParameterSpec& spec, std::string_view raw_json,
                                                     Argument& out);

/// The canonical text of a value, as @when compares it and messages show it. Null is "null", blobs are in hex.
[[nodiscard]] std::string canonical_text(const Value& value);

/// What texts of that type look like: "a month like 2025-01".
[[nodiscard]] std::string_view description_of(ParameterType type) noexcept;

/// Negative, zero or positive as canonical text `a` of a number, date, timestamp or month comes before `b`.
[[nodiscard]] int compare_canonical(ParameterType type, std::string_view a, std::string_view b) noexcept;

}  // namespace freshet::sql
