#include "core/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace freshet {
namespace {

// How many bytes the UTF-8 sequence at text[0] has, or 0 if it is not a valid one (Unicode table 3-7).
std::size_t utf8_sequence_length(const unsigned char* text, std::size_t size) noexcept {
  const unsigned char lead = text[0];
  const auto continues = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return i < size && text[i] >= low && text[i] <= high;
  };
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// True for bytes that a JSON string can hold as they are without a look at their neighbours.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

void append_escape(Bytes& out, unsigned char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  const std::array<char, 6> escape{'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
  out.append({escape.data(), escape.size()});
}

}  // namespace

void append_json_string(Bytes& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out.push_back('"');
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t run = 0;  // start of the bytes that can be copied as they are
  std::size_t i = 0;
  while (i < text.size()) {
    if (plain[bytes[i]]) {
      ++i;
      continue;
    }
    if (bytes[i] >= 0x80) {
      if (const std::size_t length = utf8_sequence_length(bytes + i, text.size() - i); length != 0) {
        i += length;
        continue;
      }
    }
    out.append(text.substr(run, i - run));
    if (bytes[i] >= 0x80) {
      out.append("\xEF\xBF\xBD");
    } else {
      append_escape(out, bytes[i]);
    }
    run = ++i;
  }
  out.append(text.substr(run));
  out.push_back('"');
}

void append_json_integer(Bytes& out, std::int64_t value) {
  constexpr std::size_t digits_max = 20;
  char* const begin = out.prepare(digits_max);
  out.commit(static_cast<std::size_t>(std::to_chars(begin, begin + digits_max, value).ptr - begin));
}

void append_json_double(Bytes& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  constexpr std::size_t length_max = 32;
  char* const begin = out.prepare(length_max);
  out.commit(static_cast<std::size_t>(std::to_chars(begin, begin + length_max, value).ptr - begin));
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  first_ = true;
}
void JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
}
void JsonWriter::integer(std::int64_t value) {
  separate();
  append_json_integer(out_, value);
}
void JsonWriter::real(double value) {
  separate();
  append_json_double(out_, value);
}
void JsonWriter::boolean(bool value) { raw(value ? "true" : "false"); }
void JsonWriter::null() { raw("null"); }
void JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
}

}  // namespace freshet
