#pragma once
// Values between requests and databases: Value owns (parameters), Cell looks at a driver's buffer (results).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace freshet {

struct Null {
  friend bool operator==(Null, Null) = default;
};

/// Bytes that are not text.
struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};

/// A scalar that is bound to a statement. Decimals, dates, timestamps, months, uuids and json travel as text in their
/// canonical form: no money passes through `double`.
using Value = std::variant<Null, bool, std::int64_t, double, std::string, Blob>;

/// One column of one row, seen in the driver's buffer; valid until the driver steps to the next row.
struct Cell {
  enum class Type : std::uint8_t { null, integer, real, text, blob };
  Type type = Type::null;
  std::int64_t integer = 0;  // when type == integer
  double real = 0;           // when type == real
  // When type == text or blob. Of an integer or real: its digits as JSON writes them, where the driver has them; else
  // empty.
  std::string_view text;
};
using Row = std::span<const Cell>;

/// What a caller gave for one parameter: a scalar, or the items of a list.
struct Argument {
  Value scalar;
  std::vector<Value> items;  // when is_list
  bool is_list = false;
  bool given = false;  // false: the default, or NULL, stands in
};

}  // namespace freshet
