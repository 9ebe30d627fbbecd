#include "core/text.hpp"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(Utf8Test, accepts_the_ends_of_every_length_of_sequence) {
  EXPECT_TRUE(valid_utf8(""));
  EXPECT_TRUE(valid_utf8(std::string_view("a\0b", 3)));
  EXPECT_TRUE(valid_utf8("\x7f\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
}

TEST(Utf8Test, refuses_malformed_sequences) {
  for (const auto* text : {"\x80", "\xC2", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "a\xE2\x82"}) {
    EXPECT_FALSE(valid_utf8(text));
  }
}

TEST(Utf8Test, counts_characters_not_bytes) {
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_EQ(utf8_length("abc"), 3U);
  EXPECT_EQ(utf8_length("é€𝄞"), 3U);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "€";
  EXPECT_EQ(utf8_length(many), 1000U);
}

TEST(TrimTest, removes_ascii_blanks_at_both_ends_only) {
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim("\u00A0x"), "\u00A0x");
}

TEST(CaseTest, only_ascii_letters_have_case) {
  EXPECT_TRUE(equal_ignoring_case("SELECT", "select"));
  EXPECT_FALSE(equal_ignoring_case("select", "selects"));
  EXPECT_FALSE(equal_ignoring_case("É", "é"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_EQ(lower_case("MiXed-É_1"), "mixed-É_1");
}

TEST(EditDistanceTest, counts_single_edits) {
  EXPECT_EQ(edit_distance("label", "label", 3), 0U);
  EXPECT_EQ(edit_distance("label", "labl", 3), 1U);
  EXPECT_EQ(edit_distance("label", "labels", 3), 1U);
  EXPECT_EQ(edit_distance("label", "lapel", 3), 1U);
  EXPECT_EQ(edit_distance("label", "lable", 3), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("", "ab", 3), 2U);
  EXPECT_EQ(edit_distance("kitten", "sitting", 3), 3U);
}

TEST(EditDistanceTest, ignores_case) { EXPECT_EQ(edit_distance("Label", "lABEL", 3), 0U); }

TEST(EditDistanceTest, stops_at_its_limit) {
  EXPECT_EQ(edit_distance("abc", "xyz", 2), 3U);
  EXPECT_EQ(edit_distance("a", "abcdef", 2), 3U);
  EXPECT_EQ(edit_distance(std::string(65, 'a'), std::string(65, 'a'), 2), 3U);
  EXPECT_EQ(edit_distance(std::string(64, 'a'), std::string(64, 'a'), 2), 0U);
}

TEST(NearestTest, finds_the_word_that_was_meant) {
  const std::vector<std::string> words{"param", "shape", "name", "embed"};
  EXPECT_EQ(nearest("parm", words), "param");
  EXPECT_EQ(nearest("SHAPE", words), "shape");
  EXPECT_EQ(nearest("nmae", words), "name");
}

TEST(NearestTest, stays_silent_when_nothing_is_near) {
  const std::array<std::string_view, 2> words{"param", "shape"};
  EXPECT_EQ(nearest("xyzzy", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest("q", std::vector<std::string>{}), "");
}

TEST(NearestTest, takes_the_nearer_and_of_equals_the_first) {
  EXPECT_EQ(nearest("lable", std::vector<std::string>{"table", "label"}), "table");
  EXPECT_EQ(nearest("labell", std::vector<std::string>{"table", "label"}), "label");
}

TEST(NearestTest, a_single_letter_is_no_slip_of_another) {
  EXPECT_EQ(nearest("a", std::vector<std::string>{"b"}), "");
  EXPECT_EQ(nearest("a", std::vector<std::string>{"A"}), "A");
}

TEST(NearestTest, a_word_of_two_letters_may_differ_in_one) {
  EXPECT_EQ(nearest("ix", std::vector<std::string>{"id"}), "id");
  EXPECT_EQ(nearest("xy", std::vector<std::string>{"id"}), "");
}

TEST(DidYouMeanTest, asks_or_says_nothing) {
  const std::vector<std::string> words{"label"};
  EXPECT_EQ(did_you_mean("labl", words), "did you mean `label`?");
  EXPECT_EQ(did_you_mean("month", words), "");
}

}  // namespace
}  // namespace freshet
