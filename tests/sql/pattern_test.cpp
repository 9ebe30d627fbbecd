#include "sql/pattern.hpp"

#include <string>

#include <gtest/gtest.h>

namespace freshet::sql {
namespace {

TEST(PatternTest, the_whole_text_must_match) {
  const auto pattern = Pattern::compile("[A-Z]{2}|x").value();
  EXPECT_TRUE(pattern->matches("AB"));
  EXPECT_TRUE(pattern->matches("x"));
  EXPECT_FALSE(pattern->matches("ABC"));
  EXPECT_FALSE(pattern->matches("AB\n"));
  EXPECT_FALSE(pattern->matches(""));
}

TEST(PatternTest, characters_are_those_of_utf8) {
  EXPECT_TRUE(Pattern::compile("..").value()->matches("é€"));
  EXPECT_TRUE(Pattern::compile("\\p{L}+").value()->matches("größe"));
}

TEST(PatternTest, says_why_an_expression_is_none) {
  for (const auto* expression : {"[a-z", "(", "a{2,1}", "(?=a)", "(a)\\1", "*"}) {
    const auto pattern = Pattern::compile(expression);
    ASSERT_FALSE(pattern) << expression;
    EXPECT_FALSE(pattern.error().message().empty());
  }
}

TEST(PatternTest, what_ruins_backtracking_matchers_takes_linear_time_here) {
  const auto pattern = Pattern::compile("(a|aa)+b|(a*)*c").value();
  EXPECT_FALSE(pattern->matches(std::string(1'000'000, 'a')));
}

TEST(PatternTest, a_pattern_that_would_need_much_memory_is_refused) {
  EXPECT_FALSE(Pattern::compile("((a{1,100}){1,100}){1,100}"));
}

}  // namespace
}  // namespace freshet::sql
