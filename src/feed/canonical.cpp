#include "feed/canonical.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/mutant.hpp"

namespace freshet::feed {
namespace {

using sql::Affinity;
using sql::Collation;

template <class Number>
void append_number(std::string& out, char type, Number number) {
  std::array<char, 40> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.push_back(type);
  out.append(digits.data(), end);
}

// A whole real is equal to its integer.
void append_real(std::string& out, double real) {
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (std::isnan(real)) {
    out.push_back('n');  // the database keeps NULL instead
  } else if (real >= -limit && real < limit && std::trunc(real) == real) {
    append_number(out, 'i', static_cast<std::int64_t>(real));
  } else {
    append_number(out, 'r', real);
  }
}

void append_text(std::string& out, std::string_view text, Collation collation) {
  out.push_back('t');
  if (collation == Collation::rtrim) {
    while (text.ends_with(' ')) text.remove_suffix(1);
  }
  if (collation != Collation::nocase || mutant("byte_equality_under_nocase")) {
    out.append(text);
    return;
  }
  for (const char c : text) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A text as SQLite reads a number: [blanks] [sign] digits [. digits] [e [sign] digits] [blanks].
struct NumericText {
  bool numeric = false;
  std::optional<std::int64_t> whole;  // its value, if it is an integer for certain
};

class NumericReader {
 public:
  explicit NumericReader(std::string_view text) : rest_(text) {}

  NumericText read() {
    skip_blanks();
    negative_ = take_sign();
    const std::string_view digits = take_digits();
    std::string_view fraction;
    const bool pointed = take('.');
    if (pointed) fraction = take_digits();
    if (digits.empty() && fraction.empty()) return {};
    int exponent = 0;
    const bool scaled = !rest_.empty() && (rest_.front() == 'e' || rest_.front() == 'E');
    if (scaled && !take_exponent(exponent)) return {};
    skip_blanks();
    if (!rest_.empty()) return {};
    if (!pointed && !scaled) return {.numeric = true, .whole = integer_of(digits)};
    return {.numeric = true, .whole = integer_of(digits, fraction, exponent)};
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_sign() {
    if (take('-')) return true;
    take('+');
    return false;
  }
  std::string_view take_digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    const std::string_view digits = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return digits;
  }
  bool take_exponent(int& exponent) {
    rest_.remove_prefix(1);
    const bool down = take_sign();
    const std::string_view digits = take_digits();
    if (digits.empty()) return false;
    constexpr int beyond = 10'000;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc() || exponent > beyond) exponent = beyond;
    if (down) exponent = -exponent;
    return true;
  }

  [[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view digits) const {
    std::string text = negative_ ? "-" : "";
    text.append(digits);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() ? std::optional(value) : std::nullopt;
  }
  // Small enough for a double to be exact on every machine; anything else is left to the database.
  [[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view digits, std::string_view fraction,
                                                       int exponent) const {
    constexpr std::size_t exact_digits = 15;
    std::string all = std::string(digits) + std::string(fraction);
    int scale = exponent - static_cast<int>(fraction.size());
    while (!all.empty() && all.front() == '0') all.erase(0, 1);
    if (all.empty()) return 0;
    for (; scale < 0 && all.ends_with('0') && all.size() > 1; ++scale) all.pop_back();
    if (scale < 0 || all.size() + static_cast<std::size_t>(scale) > exact_digits) return std::nullopt;
    all.append(static_cast<std::size_t>(scale), '0');
    return integer_of(all);
  }

  std::string_view rest_;
  bool negative_ = false;
};

struct Canonicalizer {
  Affinity affinity;
  Collation collation;
  std::string out{};

  bool operator()(Null) {
    out.push_back('n');
    return true;
  }
  bool operator()(bool flag) { return (*this)(std::int64_t{flag ? 1 : 0}); }
  bool operator()(std::int64_t number) {
    append_number(out, 'i', number);
    if (affinity == Affinity::text) out.front() = 't';
    return true;
  }
  bool operator()(double number) {
    append_real(out, number);
    return affinity != Affinity::text || out == "n";
  }
  bool operator()(const std::string& text) {
    const NumericText read = affinity == Affinity::numeric ? NumericReader(text).read() : NumericText{};
    if (read.numeric && !read.whole) return false;
    if (read.numeric) return (*this)(*read.whole);
    append_text(out, text, collation);
    return true;
  }
  bool operator()(const Blob& blob) {
    out.push_back('b');
    out.append(blob.bytes);
    return true;
  }
};

}  // namespace

std::optional<std::string> canonical(const Value& value, Affinity affinity, Collation collation) {
  Canonicalizer canonicalizer{.affinity = affinity, .collation = collation};
  if (collation == Collation::other || !std::visit(canonicalizer, value)) return std::nullopt;
  return std::move(canonicalizer.out);
}

void canonical(const Cell& cell, Affinity affinity, Collation collation, std::string& out) {
  out.clear();
  switch (cell.type) {
    case Cell::Type::null:
      out.push_back('n');
      break;
    case Cell::Type::integer:
      append_number(out, affinity == Affinity::text ? 't' : 'i', cell.integer);
      break;
    case Cell::Type::real:
      append_real(out, cell.real);
      break;
    case Cell::Type::text:
      append_text(out, cell.text, collation);  // that of a number has become one when it was stored
      break;
    case Cell::Type::blob:
      out.push_back('b');
      out.append(cell.text);
      break;
  }
}

}  // namespace freshet::feed
