#pragma once
// How a column compares: what the database takes for equal. SQLite's rules; a column of PostgreSQL has one of them too.

#include <cstdint>
#include <string_view>

namespace freshet::sql {

/// What becomes of a value that is compared with a column, or stored in it.
enum class Affinity : std::uint8_t {
  blob,     // nothing
  text,     // numbers become text
  numeric,  // text that is a number becomes one: INTEGER, REAL and NUMERIC alike
};
[[nodiscard]] std::string_view to_string(Affinity affinity) noexcept;

/// By the declared type, as SQLite reads it; `strict` for tables declared STRICT.
[[nodiscard]] Affinity affinity_of(std::string_view declared_type, bool strict) noexcept;

enum class Collation : std::uint8_t {
  binary,
  nocase,  // ASCII letters of either case are equal
  rtrim,   // spaces at the end do not count
  other,   // anything else: nobody here knows what it takes for equal
};
[[nodiscard]] Collation collation_of(std::string_view name) noexcept;

}  // namespace freshet::sql
