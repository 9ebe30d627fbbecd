#pragma once
// Rows of a result as Cells: views into libpq's buffers, copied only where PostgreSQL's form is not Freshet's.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/value.hpp"

struct pg_result;

namespace freshet::db::postgres {

/// Booleans are the integers 1 and 0, as on SQLite. Integers and floating-point numbers have their digits with them.
/// numeric is text, with every digit. A timestamp is 2025-01-31T07:30:00.000Z (with six digits where the last three are
/// not 0), one without a time zone lacks the Z; bytea is bytes; all else is PostgreSQL's text. Not thread-safe.
class RowReader {
 public:
  /// Looks at the columns of `result`; read() is for results with the same ones.
  void start(const pg_result* result);
  /// Valid until the next call, and no longer than `result`.
  [[nodiscard]] Row read(const pg_result* result, int row);
  [[nodiscard]] std::size_t columns() const noexcept { return readings_.size(); }

 private:
  enum class Reading : std::uint8_t { text, integer, boolean, real, timestamp, timestamptz, bytes };
  using TimeText = std::array<char, 40>;

  [[nodiscard]] static Reading reading_of(std::uint32_t type) noexcept;
  void read_cell(std::size_t column, std::string_view text);

  std::vector<Reading> readings_;
  std::vector<Cell> cells_;
  std::vector<TimeText> times_;        // by column
  std::vector<std::string> unpacked_;  // by column
};

/// "2025-01-31 07:30:00.12+00" → "2025-01-31T07:30:00.120Z", into `room`; what is none ("infinity") is left alone.
[[nodiscard]] std::string_view canonical_timestamp(std::string_view text, bool zone,
                                                   std::array<char, 40>& room) noexcept;

}  // namespace freshet::db::postgres
