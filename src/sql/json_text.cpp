#include "sql/json_text.hpp"

#include <algorithm>
#include <cstdint>

#include "core/text.hpp"

namespace freshet::sql {
namespace {

constexpr bool is_json_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// Past the number at `at`, or npos.
std::size_t number_end(std::string_view text, std::size_t at) noexcept {
  if (at < text.size() && text[at] == '-') ++at;
  const std::size_t whole = skip_digits(text, at);
  if (whole == at || (text[at] == '0' && whole != at + 1)) return std::string_view::npos;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = skip_digits(text, at + 1);
    if (fraction == at + 1) return std::string_view::npos;
    at = fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = skip_digits(text, at);
    if (exponent == at) return std::string_view::npos;
    at = exponent;
  }
  return at;
}

std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) noexcept {
  if (text.size() - std::min(at, text.size()) < 4) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : text.substr(at, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(static_cast<char>(is_digit(c) ? c : c | 0x20));
    if (digit == std::string_view::npos) return std::nullopt;
    code = code * 16 + static_cast<std::uint32_t>(digit);
  }
  return code;
}

// Past the string whose opening quote is at `at`, or npos.
std::size_t string_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (static_cast<unsigned char>(c) < 0x20) break;
    if (c != '\\') continue;
    if (++at == text.size()) break;
    if (text[at] == 'u') {
      if (!hex4(text, at + 1)) break;
      at += 4;
    } else if (std::string_view("\"\\/bfnrt").find(text[at]) == std::string_view::npos) {
      break;
    }
  }
  return std::string_view::npos;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

// Appends the character of `\uXXXX` (digits at `at`), joined with a low surrogate that follows; returns where to go on.
std::size_t append_unicode_escape(std::string& out, std::string_view text, std::size_t at) {
  std::uint32_t code = hex4(text, at).value_or(0xFFFD);
  at += 4;
  if (code >= 0xD800 && code <= 0xDBFF && text.substr(at, 2) == "\\u") {
    const std::uint32_t low = hex4(text, at + 2).value_or(0);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      append_utf8(out, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
      return at + 6;
    }
  }
  if (code >= 0xD800 && code <= 0xDFFF) code = 0xFFFD;
  append_utf8(out, code);
  return at;
}

char simple_escape(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

// Checks JSON token by token; `nesting_` holds the open brackets.
class Compactor {
 public:
  Compactor(std::string_view json, unsigned depth_max) : json_(json), depth_max_(depth_max) {}

  std::optional<std::string> run() {
    out_.reserve(json_.size());
    while (expects_ != Expects::nothing) {
      skip_blanks();
      if (at_ == json_.size() || !step(json_[at_])) return std::nullopt;
    }
    skip_blanks();
    return at_ == json_.size() ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  enum class Expects : std::uint8_t { value, value_or_end, key, key_or_end, colon, comma_or_end, nothing };

  void skip_blanks() {
    while (at_ < json_.size() && is_json_blank(json_[at_])) ++at_;
  }

  bool step(char c) {
    switch (expects_) {
      case Expects::value_or_end:
        if (c == ']') return close(c);
        [[fallthrough]];
      case Expects::value:
        return value(c);
      case Expects::key_or_end:
        if (c == '}') return close(c);
        [[fallthrough]];
      case Expects::key:
        return c == '"' && take(string_end(json_, at_), Expects::colon);
      case Expects::colon:
        return c == ':' && take(at_ + 1, Expects::value);
      case Expects::comma_or_end:
        if (c == ',') return take(at_ + 1, nesting_.back() == '{' ? Expects::key : Expects::value);
        return close(c);
      case Expects::nothing:
        break;
    }
    return false;
  }

  bool value(char c) {
    if (c == '{' || c == '[') {
      if (nesting_.size() == depth_max_) return false;
      nesting_.push_back(c);
      return take(at_ + 1, c == '{' ? Expects::key_or_end : Expects::value_or_end);
    }
    if (c == '"') return take(string_end(json_, at_), after_value());
    for (const std::string_view word : {"true", "false", "null"}) {
      if (json_.substr(at_).starts_with(word)) return take(at_ + word.size(), after_value());
    }
    return take(number_end(json_, at_), after_value());
  }

  bool close(char c) {
    if (nesting_.empty() || c != (nesting_.back() == '{' ? '}' : ']')) return false;
    nesting_.pop_back();
    return take(at_ + 1, after_value());
  }

  [[nodiscard]] Expects after_value() const { return nesting_.empty() ? Expects::nothing : Expects::comma_or_end; }

  bool take(std::size_t end, Expects next) {
    if (end == std::string_view::npos) return false;
    out_.append(json_.substr(at_, end - at_));
    at_ = end;
    expects_ = next;
    return true;
  }

  std::string_view json_;
  unsigned depth_max_;
  std::size_t at_ = 0;
  Expects expects_ = Expects::value;
  std::string nesting_;
  std::string out_;
};

}  // namespace

std::optional<std::string> compact_json(std::string_view json, unsigned depth_max) {
  return Compactor(json, depth_max).run();
}

bool is_json_number(std::string_view text) noexcept { return !text.empty() && number_end(text, 0) == text.size(); }

std::optional<std::string> unquote_json(std::string_view json) {
  if (!json.starts_with('"') || string_end(json, 0) != json.size()) return std::nullopt;
  json = json.substr(1, json.size() - 2);
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t escape = std::min(json.find('\\', at), json.size());
    out.append(json.substr(at, escape - at));
    at = escape;
    if (at == json.size()) break;
    if (json[at + 1] == 'u') {
      at = append_unicode_escape(out, json, at + 2);
    } else {
      out.push_back(simple_escape(json[at + 1]));
      at += 2;
    }
  }
  return out;
}

std::optional<std::vector<std::string_view>> json_items(std::string_view json, std::size_t count_max) {
  if (!json.starts_with('[') || !json.ends_with(']') || json.size() < 2) return std::nullopt;
  json = json.substr(1, json.size() - 2);
  std::vector<std::string_view> items;
  if (trim(json).empty()) return items;
  std::size_t depth = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < json.size() && items.size() <= count_max; ++at) {
    switch (json[at]) {
      case '"':
        at = string_end(json, at);
        if (at == std::string_view::npos) return std::nullopt;
        --at;
        break;
      case '[':
      case '{':
        ++depth;
        break;
      case ']':
      case '}':
        if (depth-- == 0) return std::nullopt;
        break;
      case ',':
        if (depth != 0) break;
        items.push_back(trim(json.substr(start, at - start)));
        start = at + 1;
        break;
      default:
        break;
    }
  }
  if (items.size() <= count_max) items.push_back(trim(json.substr(start)));
  return items;
}

}  // namespace freshet::sql
