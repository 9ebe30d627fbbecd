#include "db/column_rule.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include "core/decimal.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

namespace freshet::db {

namespace {

using Kind = ColumnRule::Kind;

/// As much of a value as a message needs.
std::string shown(std::string_view text) {
  constexpr std::size_t bytes_max = 60;
  if (text.size() <= bytes_max) return fmt::format("`{}`", text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("`{}…`", text.substr(0, end));
}

std::string refusal(std::string_view text, std::string_view what) { return fmt::format("{} {}", shown(text), what); }

void set_integer(Cell& out, std::int64_t value) {
  out.type = Cell::Type::integer;
  out.integer = value;
}
void set_text(Cell& out, std::string_view text) {
  out.type = Cell::Type::text;
  out.text = text;
}

/// +5 is 5; +-5 is nothing.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return plus ? text.substr(1) : text;
}

/// All digits after the point are zeros: 17850.0 is a whole number.
std::string_view without_zero_fraction(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || point == 0 || point + 1 == text.size()) return text;
  return text.find_first_not_of('0', point + 1) == std::string_view::npos ? text.substr(0, point) : text;
}

std::string check_integer(std::string_view text, Cell& out) {
  std::string_view digits = without_plus(text);
  if (digits.find('.') != std::string_view::npos) digits = without_zero_fraction(digits);
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed == std::errc::result_out_of_range) return refusal(text, "is beyond 64 bits");
  if (failed != std::errc() || end != digits.data() + digits.size()) return refusal(text, "is not a whole number");
  set_integer(out, value);
  return {};
}

/// Digits, and digits behind the point, of a plain number with at most 15 digits: such a number is exact anywhere.
struct PlainNumber {
  int whole = 0, fraction = 0;
};
std::optional<PlainNumber> plain_number(std::string_view text) {
  PlainNumber number;
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t begin = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  number.whole = static_cast<int>(at - begin);
  if (number.whole == 0) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    const std::size_t point = at++;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    number.fraction = static_cast<int>(at - point - 1);
    if (number.fraction == 0) return std::nullopt;
  }
  return at == text.size() && number.whole + number.fraction <= 15 ? std::optional(number) : std::nullopt;
}

int digits_of(const Decimal& number) {
  const std::string text = number.normalized().to_text();
  const std::size_t first = std::min(text.find_first_of("123456789"), text.size());
  return static_cast<int>(std::count_if(text.begin() + static_cast<std::ptrdiff_t>(first), text.end(),
                                        [](char c) { return c >= '0' && c <= '9'; }));
}

std::string check_decimal(const ColumnRule& rule, std::string_view text, Cell& out) {
  constexpr int exact_digits_max = 15;  // SQLite keeps fractions as binary numbers of 53 bits
  const std::string_view number = without_plus(text);
  set_text(out, number);
  const std::optional<PlainNumber> plain = plain_number(number);
  const bool roomy = plain && (!rule.scale || plain->fraction <= *rule.scale) &&
                     (!rule.precision || plain->whole + rule.scale.value_or(0) <= *rule.precision);
  if (roomy) return {};
  const std::optional<Decimal> decimal = Decimal::parse(number);
  if (!decimal) return refusal(text, "is not a decimal number");
  const int fraction = decimal->significant_scale();
  if (rule.scale && fraction > *rule.scale) {
    return refusal(text, fmt::format("has more than {} digits behind the point", *rule.scale));
  }
  const int digits = digits_of(*decimal);
  if (rule.precision && digits - fraction > *rule.precision - rule.scale.value_or(0)) {
    return refusal(text,
                   fmt::format("has more digits than DECIMAL({},{}) takes", *rule.precision, rule.scale.value_or(0)));
  }
  if (!rule.keeps_decimals && fraction > 0 && digits > exact_digits_max)
    return refusal(text, "has more digits than the database keeps exactly");
  return {};
}

std::string check_real(std::string_view text, Cell& out) {
  const std::string_view digits = without_plus(text);
  double value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value)) {
    return refusal(text, "is not a number");
  }
  out.type = Cell::Type::real;
  out.real = value;
  return {};
}

std::string check_boolean(std::string_view text, Cell& out) {
  for (const std::string_view word : {"1", "true", "t", "yes", "y", "on"}) {
    if (equal_ignoring_case(text, word)) return set_integer(out, 1), std::string();
  }
  for (const std::string_view word : {"0", "false", "f", "no", "n", "off"}) {
    if (equal_ignoring_case(text, word)) return set_integer(out, 0), std::string();
  }
  return refusal(text, "is neither true nor false");
}

bool is_time(std::string_view text) { return parse_timestamp(fmt::format("2000-01-01T{}Z", text)).has_value(); }

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

std::string check_blob(std::string_view text, Cell& out, std::string& scratch) {
  constexpr std::string_view rule = "is not bytes in hexadecimal digits, such as \\x00ff";
  std::string_view digits = text;
  if (digits.starts_with("\\x") || digits.starts_with("0x")) digits.remove_prefix(2);
  if (digits.size() % 2 != 0) return refusal(text, rule);
  scratch.clear();
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, failed] = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    if (failed != std::errc() || end != digits.data() + i + 2) return refusal(text, rule);
    scratch.push_back(static_cast<char>(byte));
  }
  out.type = Cell::Type::blob;
  out.text = scratch;
  return {};
}

std::string check_words(const ColumnRule& rule, std::string_view text, Cell& out) {
  set_text(out, text);
  if (text.find('\0') != std::string_view::npos) return "holds a NUL character";
  if (rule.length_max && text.size() > *rule.length_max && utf8_length(text) > *rule.length_max) {
    return refusal(text, fmt::format("is longer than {} characters", *rule.length_max));
  }
  return {};
}

/// A text that has to have a form, and is kept as it is.
std::string check_form(bool fits, std::string_view text, std::string_view what, Cell& out) {
  set_text(out, text);
  return fits ? std::string() : refusal(text, what);
}

/// "DECIMAL(10, 2)" → 10 and 2.
void read_arguments(std::string_view type, std::optional<int>& first, std::optional<int>& second) {
  const std::size_t open = type.find('('), close = type.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return;
  const std::string_view inside = type.substr(open + 1, close - open - 1);
  const std::size_t comma = std::min(inside.find(','), inside.size());
  const auto number = [](std::string_view text) -> std::optional<int> {
    int value = 0;
    text = trim(text);
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
  };
  first = number(inside.substr(0, comma));
  if (comma < inside.size()) second = number(inside.substr(comma + 1));
}

Kind kind_of(std::string_view type) {
  const auto has = [&](std::string_view part) { return type.find(part) != std::string_view::npos; };
  if (type.empty()) return Kind::any;
  // PostgreSQL's, where "int" is a part of another word, or of the items.
  if (type.ends_with("[]") || type.starts_with("interval") || type.starts_with("point")) return Kind::any;
  if (has("bool")) return Kind::boolean;
  if (has("datetime") || has("timestamp")) return Kind::timestamp;
  if (type.starts_with("date")) return Kind::date;
  if (type.starts_with("time")) return Kind::time;
  if (type.starts_with("month")) return Kind::month;
  if (type.starts_with("uuid")) return Kind::uuid;
  if (type.starts_with("json")) return Kind::json;
  if (has("int")) return Kind::integer;  // from here on as SQLite reads declared types
  if (has("char") || has("clob") || has("text")) return Kind::text;
  if (has("blob") || type.starts_with("bytea")) return Kind::blob;
  if (has("real") || has("floa") || has("doub")) return Kind::real;
  if (has("dec") || has("num") || has("money")) return Kind::decimal;
  return Kind::any;
}

}  // namespace

ColumnRule rule_of(const CatalogColumn& column) {
  const std::string type = lower_case(trim(column.declared_type));
  ColumnRule rule;
  rule.kind = kind_of(type);
  const bool numbered = column.primary_key_position > 0 && type == "integer";
  rule.not_null = column.not_null && !numbered;
  std::optional<int> first, second;
  read_arguments(type, first, second);
  if (rule.kind == Kind::text && first && *first > 0) rule.length_max = static_cast<std::size_t>(*first);
  if (rule.kind == Kind::decimal && first) {
    rule.precision = first;
    rule.scale = second.value_or(0);
  }
  return rule;
}

std::string check_text(const ColumnRule& rule, std::string_view text, Cell& out, CheckMemory& memory) {
  if (rule.kind == Kind::text || rule.kind == Kind::any) return check_words(rule, text, out);
  const std::string_view bare = trim(text);
  if (bare.empty()) {
    out.type = Cell::Type::null;
    return rule.not_null ? "is empty, but needs a value" : std::string();
  }
  switch (rule.kind) {
    case Kind::any:
    case Kind::text:
      break;
    case Kind::integer:
      return check_integer(bare, out);
    case Kind::decimal:
      return check_decimal(rule, bare, out);
    case Kind::real:
      return check_real(bare, out);
    case Kind::boolean:
      return check_boolean(bare, out);
    case Kind::date:
      return check_form(parse_date(bare).has_value(), bare, "is not a date like 2025-01-31", out);
    case Kind::time:
      return check_form(is_time(bare), bare, "is not a time like 08:30:00", out);
    case Kind::timestamp:
      return check_form(parse_timestamp(bare).has_value(), bare, "is not a timestamp like 2025-01-31T08:30:00Z", out);
    case Kind::month:
      return check_form(parse_month(bare).has_value(), bare, "is not a month like 2025-01", out);
    case Kind::uuid:
      return check_form(is_uuid(bare), bare, "is not a UUID", out);
    case Kind::json:
      return check_form(memory.json.valid(bare), bare, "is not JSON", out);
    case Kind::blob:
      return check_blob(bare, out, memory.text);
  }
  return {};
}

std::string check_cell(const ColumnRule& rule, Cell& cell, CheckMemory& memory) {
  switch (cell.type) {
    case Cell::Type::null:
      return rule.not_null ? "is NULL, but needs a value" : std::string();
    case Cell::Type::text:
      return check_text(rule, cell.text, cell, memory);
    case Cell::Type::blob:
      return rule.kind == Kind::blob || rule.kind == Kind::any ? std::string() : "is made of bytes, not text";
    case Cell::Type::integer: {
      const bool number = rule.kind == Kind::integer || rule.kind == Kind::real;
      if (number || rule.kind == Kind::any) return {};
      memory.text = std::to_string(cell.integer);
      break;
    }
    case Cell::Type::real: {
      if (rule.kind == Kind::real || rule.kind == Kind::any) return {};
      const std::optional<Decimal> exact = Decimal::from_double(cell.real);
      if (!exact) return fmt::format("`{}` is not a number that fits", cell.real);
      memory.text = exact->normalized().to_text();
      break;
    }
  }
  if (rule.kind == Kind::blob) return "is a number, not bytes";
  return check_text(rule, memory.text, cell, memory);
}

}  // namespace freshet::db
