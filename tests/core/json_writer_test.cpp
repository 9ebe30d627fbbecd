#include "core/json_writer.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace freshet {
namespace {

std::string json_text(std::string_view text) {
  Bytes out;
  append_json_string(out, text);
  return std::string(out.view());
}

std::string number(double value) {
  Bytes out;
  append_json_double(out, value);
  return std::string(out.view());
}

TEST(JsonStringTest, plain_text_is_quoted_as_it_is) {
  EXPECT_EQ(json_text(""), R"("")");
  EXPECT_EQ(json_text("Rent, 2nd floor/left"), R"("Rent, 2nd floor/left")");
}

TEST(JsonStringTest, what_json_reserves_is_escaped) {
  EXPECT_EQ(json_text("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_text("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json_text(std::string("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(json_text("\x7f"), "\"\x7f\"");
}

TEST(JsonStringTest, well_formed_utf8_passes_through) {
  EXPECT_EQ(json_text("é €€ 𝄞"), "\"é €€ 𝄞\"");
  EXPECT_EQ(json_text("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"), "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"");
}

TEST(JsonStringTest, every_byte_that_is_not_utf8_becomes_a_replacement_character) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(json_text("a\xFFz"), "\"a" + replacement + "z\"");
  EXPECT_EQ(json_text("\xC3"), "\"" + replacement + "\"");                                      // cut off
  EXPECT_EQ(json_text("\xC0\xAF"), "\"" + replacement + replacement + "\"");                    // overlong
  EXPECT_EQ(json_text("\xED\xA0\x80"), "\"" + replacement + replacement + replacement + "\"");  // surrogate
  EXPECT_EQ(json_text("\xF5\x80\x80\x80"),
            "\"" + replacement + replacement + replacement + replacement + "\"");     // beyond U+10FFFF
  EXPECT_EQ(json_text("\xE2\x82\"x"), "\"" + replacement + replacement + "\\\"x\"");  // the quote survives
}

TEST(JsonNumberTest, integers_reach_both_ends_of_64_bits) {
  Bytes out;
  append_json_integer(out, std::numeric_limits<std::int64_t>::min());
  out.push_back(' ');
  append_json_integer(out, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(out.view(), "-9223372036854775808 9223372036854775807");
}

TEST(JsonNumberTest, doubles_are_the_shortest_that_read_back) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(std::strtod(number(std::numeric_limits<double>::denorm_min()).c_str(), nullptr),
            std::numeric_limits<double>::denorm_min());
}

TEST(JsonNumberTest, what_is_no_number_in_json_is_null) {
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::nan("")), "null");
}

TEST(JsonWriterTest, places_commas_in_nested_objects_and_arrays) {
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  json.member("name", "Rent");
  json.member("cents", std::int64_t{125'000});
  json.member("fixed", true);
  json.key("tags");
  json.begin_array();
  json.string("home");
  json.null();
  json.begin_array();
  json.end_array();
  json.begin_object();
  json.end_object();
  json.real(0.5);
  json.end_array();
  json.key("raw");
  json.raw(R"({"a":1})");
  json.end_object();
  EXPECT_EQ(out.view(), R"({"name":"Rent","cents":125000,"fixed":true,"tags":["home",null,[],{},0.5],"raw":{"a":1}})");
}

TEST(JsonWriterTest, names_are_escaped_like_values) {
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a\"b", std::string_view("c"));
  json.end_object();
  EXPECT_EQ(out.view(), R"({"a\"b":"c"})");
}

}  // namespace
}  // namespace freshet
