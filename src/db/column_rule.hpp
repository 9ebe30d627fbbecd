#pragma once
// What a column takes, by its declared type: how `freshet load` checks each value before the database sees it.
//
// Values are checked, not rewritten: a date stays the text that it was. Only words for truth become 1 and 0, and the
// digits of a number become a number where that is exact.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json_check.hpp"
#include "core/value.hpp"
#include "db/catalog.hpp"

namespace freshet::db {

struct ColumnRule {
  enum class Kind : std::uint8_t {
    any,
    text,
    integer,
    decimal,
    real,
    boolean,
    date,
    time,
    timestamp,
    month,
    uuid,
    json,
    blob
  };
  Kind kind = Kind::any;
  bool not_null = false;
  std::optional<std::size_t> length_max;  // VARCHAR(40): characters
  std::optional<int> precision, scale;    // DECIMAL(10,2)
  bool keeps_decimals = false;            // all their digits, as PostgreSQL does; SQLite keeps 15
};

/// The rule of a column. An INTEGER PRIMARY KEY takes NULL: the database numbers the row.
[[nodiscard]] ColumnRule rule_of(const CatalogColumn& column);

/// What checks keep from one value to the next.
struct CheckMemory {
  std::string text;
  JsonCheck json{1000};  // as deep as the database's own json functions go
};

/// Checks a text against the rule, and makes the value for the database: `out` may view into `text` or `memory`.
/// Blanks around anything but texts do not matter. Returns why it is refused, or an empty string.
[[nodiscard]] std::string check_text(const ColumnRule& rule, std::string_view text, Cell& out, CheckMemory& memory);

/// The same for the value of an expression, which is replaced in place.
[[nodiscard]] std::string check_cell(const ColumnRule& rule, Cell& cell, CheckMemory& memory);

}  // namespace freshet::db
