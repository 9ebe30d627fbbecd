// Directives whose point does not show in a golden file: places, encodings, whole files. The rest is in golden/.

#include "sql/directives.hpp"

#include <string>

#include <gtest/gtest.h>

namespace freshet::sql {
namespace {

EndpointSource parse(std::string text, Diagnostics& problems) {
  return parse_endpoint("x.sql", std::move(text), problems);
}

TEST(DirectivesTest, keeps_the_file_and_the_places_of_what_it_found) {
  const std::string text = "-- @param month month\n-- @name a\nSELECT :month;\n-- @name b\nSELECT 2 , :month ;";
  Diagnostics problems;
  const EndpointSource endpoint = parse(text, problems);
  ASSERT_TRUE(problems.empty());
  EXPECT_EQ(endpoint.file, "x.sql");
  EXPECT_EQ(endpoint.text, text);
  EXPECT_EQ(endpoint.parameters[0].offset, text.find("month"));
  ASSERT_EQ(endpoint.statements.size(), 2U);
  EXPECT_EQ(endpoint.statements[1].text, "SELECT 2 , :month");
  EXPECT_EQ(endpoint.statements[1].offset, text.find("SELECT 2"));
  EXPECT_EQ(endpoint.statements[1].placeholders[0].offset, endpoint.statements[1].text.find(':'));
  EXPECT_EQ(endpoint.statements[1].placeholders[0].length, std::string_view(":month").size());
}

TEST(DirectivesTest, knows_the_parentheses_around_a_list) {
  Diagnostics problems;
  const EndpointSource endpoint = parse("-- @param ids int[]\nSELECT 1 WHERE a IN ( :ids )", problems);
  const Placeholder& placeholder = endpoint.statements[0].placeholders[0];
  EXPECT_TRUE(placeholder.in_list);
  EXPECT_EQ(placeholder.paren_open, endpoint.statements[0].text.find('('));
  EXPECT_EQ(placeholder.paren_close, endpoint.statements[0].text.find(')'));
}

TEST(DirectivesTest, windows_line_ends_change_nothing) {
  Diagnostics problems;
  const EndpointSource endpoint =
      parse("-- Summary\r\n-- @param a int = 5\r\n-- @shape object\r\nSELECT :a;\r\n", problems);
  ASSERT_TRUE(problems.empty()) << problems.front().message();
  EXPECT_EQ(endpoint.summary, "Summary");
  EXPECT_EQ(endpoint.shape, Shape::object);
  EXPECT_EQ(canonical_text(endpoint.parameters[0].default_value.scalar), "5");
}

TEST(DirectivesTest, a_byte_order_mark_is_no_part_of_the_text) {
  Diagnostics problems;
  const EndpointSource endpoint = parse("\xEF\xBB\xBF-- Summary\nSELECT 1", problems);
  ASSERT_TRUE(problems.empty()) << problems.front().message();
  EXPECT_EQ(endpoint.summary, "Summary");
}

TEST(DirectivesTest, a_file_that_is_not_text_says_so_and_nothing_else) {
  for (const std::string& text : {std::string("SELECT '\xFF'"), std::string("SELECT 1\0", 9)}) {
    Diagnostics problems;
    const EndpointSource endpoint = parse(text, problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].message(), "this file is not UTF-8 text");
    EXPECT_TRUE(endpoint.statements.empty());
  }
}

TEST(DirectivesTest, problems_are_appended_to_those_of_other_files) {
  Diagnostics problems;
  static_cast<void>(parse("-- @shape x\nSELECT 1", problems));
  static_cast<void>(parse("-- @shape y\nSELECT 1", problems));
  EXPECT_EQ(problems.size(), 2U);
}

TEST(DirectivesTest, a_compiled_pattern_comes_with_the_parameter) {
  Diagnostics problems;
  const EndpointSource endpoint = parse("-- @param a text pattern=/x+/\nSELECT :a", problems);
  ASSERT_TRUE(problems.empty());
  EXPECT_NE(endpoint.parameters[0].matcher, nullptr);
}

TEST(DirectivesTest, a_long_file_takes_time_in_proportion) {
  std::string text;
  for (int i = 0; i < 2'000; ++i) {
    text += "-- @name s" + std::to_string(i) + "\nSELECT " + std::to_string(i) + ";\n";
  }
  Diagnostics problems;
  EXPECT_EQ(parse(text, problems).statements.size(), 2'000U);
  EXPECT_TRUE(problems.empty());
}

}  // namespace
}  // namespace freshet::sql
