#include "core/decimal.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace freshet {
namespace {

using Int128 = __int128;

constexpr std::array<Int128, Decimal::digits_max + 1> powers_of_ten = [] {
  std::array<Int128, Decimal::digits_max + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

Int128 power_of_ten(int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front of `text` into `coefficient`; false once it would exceed 38 digits.
bool take_digits(std::string_view& text, Int128& coefficient, int& count) {
  count = 0;
  while (!text.empty() && is_digit(text.front())) {
    if (coefficient >= powers_of_ten[Decimal::digits_max - 1]) return false;
    coefficient = coefficient * 10 + (text.front() - '0');
    text.remove_prefix(1);
    if (++count > Decimal::digits_max * 4) return false;  // zeros only; nobody means that
  }
  return true;
}

// Reads `e-12` to the end of `text`. Exponents beyond four digits can not fit whatever they scale.
std::optional<int> take_exponent(std::string_view text) {
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  constexpr std::size_t exponent_digits_max = 4;
  if (text.empty() || text.size() > exponent_digits_max) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  int exponent = 0;
  for (const char c : text) exponent = exponent * 10 + (c - '0');
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Coefficient coefficient = 0;
  int whole_digits = 0;
  int scale = 0;
  if (!take_digits(text, coefficient, whole_digits) || whole_digits == 0) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text, coefficient, scale) || scale == 0) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    const std::optional<int> exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    scale -= *exponent;
    text = {};
  }
  if (!text.empty()) return std::nullopt;

  while (scale > digits_max && coefficient % 10 == 0 && coefficient != 0) {
    coefficient /= 10;
    --scale;
  }
  if (coefficient == 0) scale = std::clamp(scale, 0, digits_max);
  if (scale > digits_max || scale < -digits_max) return std::nullopt;
  if (scale < 0) {
    if (coefficient >= power_of_ten(digits_max + scale)) return std::nullopt;
    coefficient *= power_of_ten(-scale);
    scale = 0;
  }
  return Decimal(negative ? -coefficient : coefficient, scale);
}

Decimal Decimal::from_minor(std::int64_t minor, int scale) noexcept {
  assert(scale >= 0 && scale <= digits_max);
  return {minor, scale};
}

std::optional<Decimal> Decimal::from_double(double value) noexcept {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return parse({text.data(), static_cast<std::size_t>(end - text.data())});
}

Expected<std::int64_t> Decimal::to_minor(int scale) const {
  assert(scale >= 0 && scale <= digits_max);
  const Decimal value = normalized();
  if (value.scale_ > scale) {
    return Error(ErrorKind::unprocessable, scale == 0 ? fmt::format("{} is not a whole number", value.to_text())
                                                      : fmt::format("{} has more than {} decimal{}", value.to_text(),
                                                                    scale, scale == 1 ? "" : "s"));
  }
  constexpr Coefficient low = std::numeric_limits<std::int64_t>::min();
  constexpr Coefficient high = std::numeric_limits<std::int64_t>::max();
  const Coefficient factor = power_of_ten(scale - value.scale_);
  // Dividing the limits rounds towards zero, which is where the product still fits.
  if (value.coefficient_ > high / factor || value.coefficient_ < low / factor) {
    return Error(ErrorKind::unprocessable, fmt::format("{} is too large", value.to_text()));
  }
  return static_cast<std::int64_t>(value.coefficient_ * factor);
}

Decimal Decimal::normalized() const noexcept {
  Decimal result = *this;
  while (result.scale_ > 0 && result.coefficient_ % 10 == 0) {
    result.coefficient_ /= 10;
    --result.scale_;
  }
  return result;
}

std::string Decimal::to_text() const {
  const bool negative = coefficient_ < 0;
  Coefficient rest = negative ? -coefficient_ : coefficient_;
  std::array<char, digits_max + 3> text;  // a sign, a zero before the point, the point
  char* at = text.data() + text.size();   // written from the end
  int digits = 0;
  const auto put = [&](int digit) {
    if (digits == scale_ && scale_ != 0) *--at = '.';
    *--at = static_cast<char>('0' + digit);
    ++digits;
  };
  // Dividing 128 bits is a call of a function, 64 bits an instruction or two.
  for (; rest > std::numeric_limits<std::int64_t>::max(); rest /= 10) put(static_cast<int>(rest % 10));
  for (auto low = static_cast<std::uint64_t>(rest); low != 0 || digits <= scale_; low /= 10) {
    put(static_cast<int>(low % 10));
  }
  if (negative) *--at = '-';
  return {at, text.data() + text.size()};
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) noexcept {
  // Whole parts first, then fractions stretched to 38 digits: nothing overflows. C++ truncates towards zero, so that
  // both parts carry the sign of their number.
  const Int128 a_unit = power_of_ten(a.scale_);
  const Int128 b_unit = power_of_ten(b.scale_);
  const Int128 a_whole = a.coefficient_ / a_unit;
  const Int128 b_whole = b.coefficient_ / b_unit;
  if (a_whole != b_whole) return a_whole < b_whole ? std::strong_ordering::less : std::strong_ordering::greater;
  const Int128 a_fraction = a.coefficient_ % a_unit * power_of_ten(Decimal::digits_max - a.scale_);
  const Int128 b_fraction = b.coefficient_ % b_unit * power_of_ten(Decimal::digits_max - b.scale_);
  if (a_fraction == b_fraction) return std::strong_ordering::equal;
  return a_fraction < b_fraction ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace freshet
