#include "core/encoding.hpp"

#include <gtest/gtest.h>

#include "core/text.hpp"

namespace freshet {
namespace {

std::string utf8(std::string_view bytes, TextEncoding encoding) {
  std::string out;
  append_as_utf8(out, bytes, encoding);
  return out;
}

TEST(Encoding, names_are_read_in_any_spelling) {
  EXPECT_EQ(parse_encoding("UTF-8"), TextEncoding::utf8);
  EXPECT_EQ(parse_encoding("ISO_8859-1"), TextEncoding::latin1);
  EXPECT_EQ(parse_encoding("latin-1"), TextEncoding::latin1);
  EXPECT_EQ(parse_encoding("cp1252"), TextEncoding::windows_1252);
  EXPECT_EQ(parse_encoding("Windows-1252"), TextEncoding::windows_1252);
  EXPECT_EQ(parse_encoding("utf-16"), std::nullopt);
}

TEST(Encoding, windows_1252_has_the_euro_and_typographic_quotes_where_latin1_has_controls) {
  EXPECT_EQ(utf8("\x80 \x93q\x94 \xE9", TextEncoding::windows_1252), "\xE2\x82\xAC \xE2\x80\x9Cq\xE2\x80\x9D \xC3\xA9");
  EXPECT_EQ(utf8("\x80\xE9", TextEncoding::latin1), "\xC2\x80\xC3\xA9");
}

TEST(Encoding, every_byte_becomes_valid_utf8) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_TRUE(valid_utf8(utf8(all, TextEncoding::windows_1252)));
  EXPECT_EQ(utf8_length(utf8(all, TextEncoding::latin1)), 256U);
  EXPECT_EQ(utf8(all, TextEncoding::utf8), all);
}

}  // namespace
}  // namespace freshet
