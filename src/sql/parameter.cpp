#include "sql/parameter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/decimal.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "sql/json_text.hpp"
#include "sql/pattern.hpp"

namespace freshet::sql {
namespace {

using Problem = std::optional<FieldProblem>;

FieldProblem problem(const ParameterSpec& spec, std::string code, std::string message) {
  return {.field = spec.name, .in = {}, .code = std::move(code), .message = std::move(message)};
}

FieldProblem wrong_type(const ParameterSpec& spec) {
  return problem(spec, "type", fmt::format("must be {}", description_of(spec.type)));
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::optional<std::int64_t> integer_from(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Problem check_range(const ParameterSpec& spec, std::string_view canonical) {
  if (spec.min && compare_canonical(spec.type, canonical, *spec.min) < 0) {
    return problem(spec, "min", fmt::format("must be at least {}", *spec.min));
  }
  if (spec.max && compare_canonical(spec.type, canonical, *spec.max) > 0) {
    return problem(spec, "max", fmt::format("must be at most {}", *spec.max));
  }
  return std::nullopt;
}

Problem check_length(const ParameterSpec& spec, std::string_view text) {
  const std::size_t max = spec.max_length.value_or(text_length_max_default);
  // Bytes bound characters from above: most texts need no count.
  const bool count_needed = text.size() > max || spec.min_length.has_value();
  const std::size_t length = count_needed ? utf8_length(text) : 0;
  if (text.size() > max && length > max) {
    return problem(spec, "max_length", fmt::format("must have at most {}", counted(max, "character")));
  }
  if (spec.min_length && length < *spec.min_length) {
    return problem(spec, "min_length", fmt::format("must have at least {}", counted(*spec.min_length, "character")));
  }
  return std::nullopt;
}

Problem check_pattern(const ParameterSpec& spec, std::string_view text) {
  if (!spec.pattern) return std::nullopt;
  std::shared_ptr<const Pattern> matcher = spec.matcher;
  if (matcher == nullptr) matcher = Pattern::compile(*spec.pattern).value();
  if (matcher->matches(text)) return std::nullopt;
  return problem(spec, "pattern", fmt::format("must match /{}/", *spec.pattern));
}

Problem parse_text(const ParameterSpec& spec, std::string_view text, Value& out) {
  if (text.find('\0') != std::string_view::npos) {
    return problem(spec, "type", "must not contain the character NUL");
  }
  if (Problem wrong = check_length(spec, text)) return wrong;
  if (Problem wrong = check_pattern(spec, text)) return wrong;
  out = std::string(text);
  return std::nullopt;
}

Problem accept_integer(const ParameterSpec& spec, std::int64_t number, Value& out) {
  out = number;
  return spec.min || spec.max ? check_range(spec, std::to_string(number)) : std::nullopt;
}

Problem parse_integer(const ParameterSpec& spec, std::string_view text, Value& out) {
  const std::optional<std::int64_t> number = integer_from(text);
  return number ? accept_integer(spec, *number, out) : wrong_type(spec);
}

Problem parse_decimal(const ParameterSpec& spec, std::string_view text, Value& out) {
  const std::optional<Decimal> number = Decimal::parse(text);
  if (!number) return wrong_type(spec);
  if (spec.scale && number->significant_scale() > *spec.scale) {
    return problem(spec, "scale",
                   fmt::format("must have at most {}", counted(static_cast<std::size_t>(*spec.scale), "decimal")));
  }
  std::string canonical = number->normalized().to_text();
  Problem wrong = check_range(spec, canonical);
  out = std::move(canonical);
  return wrong;
}

Problem parse_boolean(const ParameterSpec& spec, std::string_view text, Value& out) {
  if (text == "true" || text == "1") {
    out = true;
  } else if (text == "false" || text == "0") {
    out = false;
  } else {
    return wrong_type(spec);
  }
  return std::nullopt;
}

// Dates, months and timestamps: whatever `read` gives, in canonical form.
template <class Read>
Problem parse_time(const ParameterSpec& spec, std::string_view text, Value& out, Read read) {
  const auto time = read(text);
  if (!time) return wrong_type(spec);
  std::string canonical = to_text(*time);
  Problem wrong = check_range(spec, canonical);
  out = std::move(canonical);
  return wrong;
}

Problem parse_uuid(const ParameterSpec& spec, std::string_view text, Value& out) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  std::string canonical = lower_case(text);
  const bool fits = std::equal(canonical.begin(), canonical.end(), form.begin(), form.end(), [](char c, char wanted) {
    return wanted == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!fits) return wrong_type(spec);
  out = std::move(canonical);
  return std::nullopt;
}

Problem parse_choice(const ParameterSpec& spec, std::string_view text, Value& out) {
  if (std::find(spec.choices.begin(), spec.choices.end(), text) == spec.choices.end()) {
    return problem(spec, "enum", fmt::format("must be one of {}", fmt::join(spec.choices, ", ")));
  }
  out = std::string(text);
  return std::nullopt;
}

Problem parse_json_text(const ParameterSpec& spec, std::string_view text, Value& out) {
  std::optional<std::string> compact = compact_json(text, json_depth_max);
  if (!compact) return wrong_type(spec);
  out = std::move(*compact);
  return std::nullopt;
}

// Types whose values can not contain a comma may be split at each.
bool splits_everywhere(ParameterType type) noexcept {
  return type != ParameterType::text && type != ParameterType::json;
}

// Splits `a,"b, c",d`. A quote counts only at the start of an item; within it, "" is a quote.
std::vector<std::string> split_quoted(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  std::size_t at = 0;
  while (true) {
    item.clear();
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && (text[at] != '"' || text.substr(at, 2) == "\"\""); ++at) {
        item.push_back(text[at]);
        if (text[at] == '"') ++at;
      }
      if (at < text.size()) ++at;
    }
    const std::size_t comma = std::min(text.find(',', at), text.size());
    item.append(text.substr(at, comma - at));
    items.push_back(item);
    if (comma == text.size()) return items;
    at = comma + 1;
  }
}

std::vector<std::string> split_plain(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    items.emplace_back(trim(text.substr(0, comma)));
    if (comma == text.size()) return items;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> items_of(const ParameterSpec& spec, const std::vector<std::string>& texts) {
  if (texts.size() == 1 && texts.front().empty()) return {};
  if (spec.type == ParameterType::json) return texts;
  if (!splits_everywhere(spec.type)) return texts.size() == 1 ? split_quoted(texts.front()) : texts;
  std::vector<std::string> items;
  for (const std::string& text : texts) {
    std::vector<std::string> more = split_plain(text);
    std::move(more.begin(), more.end(), std::back_inserter(items));
  }
  return items;
}

FieldProblem too_many_items(const ParameterSpec& spec) {
  return problem(spec, "max_items", fmt::format("must have at most {}", counted(spec.items_max, "item")));
}

// Parses each of `texts` by `parse` into out.items, and names the item that is wrong.
template <class Texts, class Parse>
Problem parse_items(const ParameterSpec& spec, const Texts& texts, Argument& out, Parse parse) {
  if (texts.size() > spec.items_max) return too_many_items(spec);
  out.is_list = true;
  out.items.clear();
  out.items.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Value item;
    if (Problem wrong = parse(spec, texts[i], item)) {
      wrong->field = fmt::format("{}[{}]", spec.name, i);
      return wrong;
    }
    out.items.push_back(std::move(item));
  }
  return std::nullopt;
}

Problem parse_json_number(const ParameterSpec& spec, std::string_view raw, Value& out) {
  if (!is_json_number(raw)) return wrong_type(spec);
  if (spec.type == ParameterType::decimal) return parse_decimal(spec, raw, out);
  if (const auto number = integer_from(raw)) return accept_integer(spec, *number, out);
  const std::optional<Decimal> number = Decimal::parse(raw);
  if (!number) return wrong_type(spec);
  const Expected<std::int64_t> whole = number->to_minor(0);
  return whole ? accept_integer(spec, *whole, out) : wrong_type(spec);
}

Problem parse_json_scalar(const ParameterSpec& spec, std::string_view raw, Value& out) {
  switch (spec.type) {
    case ParameterType::json:
      return parse_json_text(spec, raw, out);
    case ParameterType::integer:
      return parse_json_number(spec, raw, out);
    case ParameterType::boolean:
      return raw == "true" || raw == "false" ? parse_boolean(spec, raw, out) : wrong_type(spec);
    case ParameterType::decimal:
      if (!raw.starts_with('"')) return parse_json_number(spec, raw, out);
      break;
    default:
      break;
  }
  const std::optional<std::string> text = unquote_json(raw);
  return text ? parse_scalar(spec, *text, out) : wrong_type(spec);
}

}  // namespace

Problem parse_scalar(const ParameterSpec& spec, std::string_view text, Value& out) {
  switch (spec.type) {
    case ParameterType::text:
      return parse_text(spec, text, out);
    case ParameterType::integer:
      return parse_integer(spec, text, out);
    case ParameterType::decimal:
      return parse_decimal(spec, text, out);
    case ParameterType::boolean:
      return parse_boolean(spec, text, out);
    case ParameterType::date:
      return parse_time(spec, text, out, parse_date);
    case ParameterType::timestamp:
      return parse_time(spec, text, out, parse_timestamp);
    case ParameterType::month:
      return parse_time(spec, text, out, parse_month);
    case ParameterType::uuid:
      return parse_uuid(spec, text, out);
    case ParameterType::enumeration:
      return parse_choice(spec, text, out);
    case ParameterType::json:
      return parse_json_text(spec, text, out);
  }
  return wrong_type(spec);
}

Problem parse_list(const ParameterSpec& spec, const std::vector<std::string>& texts, Argument& out) {
  out.given = true;
  return parse_items(spec, items_of(spec, texts), out, parse_scalar);
}

Problem parse_json(const ParameterSpec& spec, std::string_view raw_json, Argument& out) {
  const std::string_view raw = trim(raw_json);
  out.given = true;
  out.is_list = false;
  out.items.clear();
  if (raw == "null") {
    out.scalar = Null{};
    return spec.required ? Problem(problem(spec, "required", "must not be null")) : std::nullopt;
  }
  if (!spec.list) return parse_json_scalar(spec, raw, out.scalar);
  const auto items = json_items(raw, spec.items_max);
  if (!items) {
    return problem(spec, "type", fmt::format("must be an array, each item {}", description_of(spec.type)));
  }
  return parse_items(spec, *items, out, parse_json_scalar);
}

std::string canonical_text(const Value& value) {
  struct Visitor {
    std::string operator()(Null) const { return "null"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const Blob& blob) const {
      return fmt::format("{:02x}",
                         fmt::join(reinterpret_cast<const unsigned char*>(blob.bytes.data()),
                                   reinterpret_cast<const unsigned char*>(blob.bytes.data()) + blob.bytes.size(), ""));
    }
  };
  return std::visit(Visitor{}, value);
}

}  // namespace freshet::sql
