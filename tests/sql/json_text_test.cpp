#include "sql/json_text.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

std::string compact(std::string_view json, unsigned depth_max = 10) {
  return compact_json(json, depth_max).value_or("refused");
}

TEST(CompactJsonTest, drops_blanks_and_keeps_everything_else) {
  EXPECT_EQ(compact(" { \"a b\" : [ 1 , 2.50 , -0e+5 ] ,\r\n\t\"c\":{ } , \"d\" : [ ] } "),
            R"({"a b":[1,2.50,-0e+5],"c":{},"d":[]})");
  EXPECT_EQ(compact(" true "), "true");
  EXPECT_EQ(compact("\"\\u00e9\\n\\\"\""), R"("\u00e9\n\"")");
  EXPECT_EQ(compact("123456789012345678901234567890.1234567890"), "123456789012345678901234567890.1234567890");
}

TEST(CompactJsonTest, refuses_what_is_not_json) {
  for (const auto* json :
       {"",      " ",     "{",   "}",   "[1",       "[1,]",   "[,1]",    "{\"a\"}",     "{\"a\":}",  "{\"a\":1,}",
        "{a:1}", "{1:2}", "'a'", "tru", "truee",    "nul",    "01",      "1.",          ".5",        "+1",
        "-",     "1e",    "0x1", "NaN", "Infinity", "\"a",    "\"\\x\"", "\"\\u12g4\"", "\"\\u12\"", "\"a\nb\"",
        "[1 2]", "[1]]",  "1 2", "[}",  "{]",       "/*x*/1", "[1}",     "{\"a\":1]",   "\"\\",      "\"\\u"}) {
    EXPECT_EQ(compact(json), "refused") << json;
  }
}

TEST(CompactJsonTest, depth_is_bounded_by_its_argument_and_not_by_the_stack) {
  EXPECT_EQ(compact("[[1]]", 2), "[[1]]");
  EXPECT_EQ(compact("[[1]]", 1), "refused");
  EXPECT_EQ(compact("1", 0), "1");
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(compact(deep + std::string(1'000'000, ']'), 1'000'000).size(), 2'000'000U);
  EXPECT_EQ(compact(deep, 64), "refused");
}

TEST(JsonNumberTest, follows_the_grammar) {
  for (const auto* number : {"0", "-0", "12", "1.50", "1e5", "1E+5", "-1.5e-300"})
    EXPECT_TRUE(is_json_number(number)) << number;
  for (const auto* number : {"", "-", "00", "1.", "1e", " 1", "1 ", "1,", "0x1"})
    EXPECT_FALSE(is_json_number(number)) << number;
}

TEST(UnquoteJsonTest, resolves_every_escape) {
  EXPECT_EQ(unquote_json(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(unquote_json(R"("\u0041\u00e9\u20AC")"), "Aé€");
  EXPECT_EQ(unquote_json(R"("\ud834\udd1e!")"), "𝄞!");
  EXPECT_EQ(unquote_json(R"("\u0000")"), std::string(1, '\0'));
}

TEST(UnquoteJsonTest, lone_surrogates_become_replacement_characters) {
  EXPECT_EQ(unquote_json(R"("\ud834x")"), "\xEF\xBF\xBDx");
  EXPECT_EQ(unquote_json(R"("\udd1e")"), "\xEF\xBF\xBD");
  EXPECT_EQ(unquote_json(R"("\ud834\u0041")"),
            "\xEF\xBF\xBD"
            "A");
}

TEST(UnquoteJsonTest, only_a_whole_string_is_one) {
  for (const auto* json : {"", "\"", "a", "\"a", "\"a\"b", "\"a\" ", "1", "\"\\\"", "\"\\u12\""})
    EXPECT_FALSE(unquote_json(json)) << json;
}

TEST(JsonItemsTest, cuts_at_commas_of_the_array_itself) {
  EXPECT_THAT(json_items(R"([1, "a,b" ,[2,3],{"c":[4,5]}])", 10),
              Optional(ElementsAre("1", R"("a,b")", "[2,3]", R"({"c":[4,5]})")));
  EXPECT_THAT(json_items("[ ]", 10), Optional(IsEmpty()));
  EXPECT_THAT(json_items("[1,]", 10), Optional(ElementsAre("1", "")));
}

TEST(JsonItemsTest, stops_soon_after_the_limit) {
  EXPECT_EQ(json_items("[1,2,3,4,5,6]", 2)->size(), 3U);
  EXPECT_EQ(json_items("[1,2]", 2)->size(), 2U);
  EXPECT_EQ(json_items("[1,2,3]", 2)->size(), 3U);
}

TEST(JsonItemsTest, refuses_what_is_no_array) {
  for (const auto* json : {"", "[", "]", "{}", "1", "[1", "1]", "[\"a]", "[]]", "[}]"})
    EXPECT_FALSE(json_items(json, 10)) << json;
}

}  // namespace
}  // namespace freshet::sql
