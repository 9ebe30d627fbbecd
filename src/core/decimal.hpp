#pragma once
// Exact decimal numbers: a coefficient of up to 38 digits and a scale. Money is read, compared and turned into minor
// units (cents) through this type, never through a floating-point number.
//
// Values are small, copied freely, and know no rounding: what does not fit exactly is refused. O(digits) everywhere.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace freshet {

class Decimal {
 public:
  /// Most digits of a coefficient, and the largest scale.
  static constexpr int digits_max = 38;

  Decimal() = default;

  /// Reads `-12.50`, `007`, `1.5e3`: an optional '-', digits, an optional fraction, an optional exponent. Nothing else
  /// is accepted: no '+', no blanks, no bare '.', no separators. nullopt also where the value needs more than 38
  /// digits. Trailing zeros of the fraction are kept: "12.50" has scale 2.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text) noexcept;

  /// 1250 with scale 2 is 12.50. Requires 0 <= scale <= digits_max.
  [[nodiscard]] static Decimal from_minor(std::int64_t minor, int scale) noexcept;

  /// The shortest decimal that reads back as `value` (0.1 is 0.1, not 0.1000000000000000055…). nullopt: not finite, or
  /// more digits than a Decimal holds.
  [[nodiscard]] static std::optional<Decimal> from_double(double value) noexcept;

  /// The value in units of 10^-scale, exactly. Error(unprocessable) where a digit would be lost or int64 overflows.
  /// Requires 0 <= scale <= digits_max.
  [[nodiscard]] Expected<std::int64_t> to_minor(int scale) const;

  /// Fraction digits as written.
  [[nodiscard]] int scale() const noexcept { return scale_; }
  /// Fraction digits that the value needs: 2 for 12.250.
  [[nodiscard]] int significant_scale() const noexcept { return normalized().scale_; }

  /// The same value without trailing zeros in its fraction; equal values become identical.
  [[nodiscard]] Decimal normalized() const noexcept;

  /// `-12.50`: no exponent, no leading zeros, `scale()` fraction digits. Zero has no sign.
  [[nodiscard]] std::string to_text() const;

  /// By value: 1.5 == 1.50.
  friend bool operator==(const Decimal& a, const Decimal& b) noexcept { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept;

 private:
  using Coefficient = __int128;
  Decimal(Coefficient coefficient, int scale) noexcept : coefficient_(coefficient), scale_(scale) {}

  Coefficient coefficient_ = 0;  // |coefficient_| < 10^38
  int scale_ = 0;                // 0 … 38
};

}  // namespace freshet
