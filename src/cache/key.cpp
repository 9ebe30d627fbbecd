#include "cache/key.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace freshet::cache {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

/// Bytes that stand for themselves: no blanks, no control characters, nothing that would be read as structure.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> set{};
  for (std::size_t byte = 0x21; byte < set.size(); ++byte) set[byte] = byte != 0x7F;
  for (const char c : std::string_view("%:=,[]'/")) set[static_cast<unsigned char>(c)] = false;
  return set;
}();

void add_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain[byte]) {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(hex_digits[byte >> 4U]);
    out.push_back(hex_digits[byte & 15U]);
  }
}

bool looks_like_another_type(std::string_view text) {
  if (text == "true" || text == "false") return true;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && end == text.data() + text.size() && error != std::errc::invalid_argument;
}

template <class Number>
void add_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

struct ValueWriter {
  std::string& out;

  void operator()(Null) const { out += "'null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { add_number(out, value); }
  void operator()(double value) const {
    const std::size_t start = out.size();
    add_number(out, value);
    // 1.0 is not the integer 1: their JSON differs.
    if (out.find_first_not_of("-0123456789", start) == std::string::npos) out += ".0";
  }
  void operator()(const std::string& value) const {
    if (looks_like_another_type(value)) out.push_back('\'');
    add_escaped(out, value);
  }
  void operator()(const Blob& value) const {
    out += "x'";
    for (const char c : value.bytes) {
      out.push_back(hex_digits[static_cast<unsigned char>(c) >> 4U]);
      out.push_back(hex_digits[static_cast<unsigned char>(c) & 15U]);
    }
  }
};

void add_part(std::string& out, const KeyPart& part) {
  out.push_back(':');
  add_escaped(out, part.name);
  out.push_back('=');
  const Argument& argument = *part.argument;
  if (!argument.is_list) return std::visit(ValueWriter{out}, argument.scalar);
  out.push_back('[');
  for (const Value& item : argument.items) {
    std::visit(ValueWriter{out}, item);
    out.push_back(',');  // after each, so that a list of one empty text is not an empty list
  }
  out.push_back(']');
}

}  // namespace

std::string make_key(std::string_view route, std::span<const KeyPart> parts) {
  std::vector<KeyPart> given;
  given.reserve(parts.size());
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(given),
               [](const KeyPart& p) { return p.argument->given; });
  std::sort(given.begin(), given.end(), [](const KeyPart& a, const KeyPart& b) { return a.name < b.name; });

  if (route.starts_with('/')) route.remove_prefix(1);
  const std::size_t first = std::min(route.find('/'), route.size());
  std::string key;
  add_escaped(key, route.substr(0, first));
  for (const KeyPart& part : given) add_part(key, part);
  for (std::string_view rest = route.substr(first); !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    key.push_back(':');
    add_escaped(key, rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return key;
}

}  // namespace freshet::cache
