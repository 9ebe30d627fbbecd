#include "core/encoding.hpp"

#include <array>

#include "core/text.hpp"

namespace freshet {

namespace {

/// Windows-1252 from 0x80 to 0x9F; the five bytes without a meaning stay control characters, as browsers read them.
constexpr std::array<char16_t, 32> windows_1252_c1 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

void append_code_point(std::string& out, unsigned code) {
  if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code >> 6U)));
  } else {
    out.push_back(static_cast<char>(0xE0U | (code >> 12U)));
    out.push_back(static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)));
  }
  out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
}

}  // namespace

std::optional<TextEncoding> parse_encoding(std::string_view name) {
  std::string plain = lower_case(name);
  std::erase_if(plain, [](char c) { return c == '-' || c == '_'; });
  if (plain == "utf8") return TextEncoding::utf8;
  if (plain == "latin1" || plain == "iso88591") return TextEncoding::latin1;
  if (plain == "windows1252" || plain == "cp1252") return TextEncoding::windows_1252;
  return std::nullopt;
}

void append_as_utf8(std::string& out, std::string_view bytes, TextEncoding encoding) {
  if (encoding == TextEncoding::utf8) {
    out.append(bytes);
    return;
  }
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      out.push_back(c);
    } else if (code < 0xA0 && encoding == TextEncoding::windows_1252) {
      append_code_point(out, windows_1252_c1[code - 0x80U]);
    } else {
      append_code_point(out, code);
    }
  }
}

}  // namespace freshet
