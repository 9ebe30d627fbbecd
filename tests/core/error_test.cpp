#include "core/error.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(ErrorTest, carries_what_its_builders_were_given) {
  const Error error = Error(ErrorKind::unprocessable, "no such month")
                          .at({.file = "a.sql", .line = 3, .column = 9})
                          .with_source_line("-- @param month")
                          .hinting("write 2025-01")
                          .detailing("sqlite said no")
                          .with_field({.field = "month", .in = "query", .code = "type", .message = "must be a month"})
                          .retry_after(7);
  EXPECT_EQ(error.kind(), ErrorKind::unprocessable);
  EXPECT_EQ(error.message(), "no such month");
  EXPECT_STREQ(error.what(), "no such month");
  ASSERT_TRUE(error.place());
  EXPECT_EQ(error.place()->file, "a.sql");
  EXPECT_EQ(error.place()->line, 3U);
  EXPECT_EQ(error.place()->column, 9U);
  EXPECT_EQ(error.source_line(), "-- @param month");
  EXPECT_EQ(error.hint(), "write 2025-01");
  EXPECT_EQ(error.log_detail(), "sqlite said no");
  ASSERT_EQ(error.fields().size(), 1U);
  EXPECT_EQ(error.fields()[0].field, "month");
  EXPECT_EQ(error.retry_after_s(), 7U);
}

TEST(ErrorTest, every_kind_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  constexpr int kinds = static_cast<int>(ErrorKind::config) + 1;
  for (int kind = 0; kind < kinds; ++kind) names.insert(to_string(static_cast<ErrorKind>(kind)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kinds));
}

TEST(ExpectedTest, throws_its_error_when_a_missing_value_is_taken) {
  const Expected<int> nothing = Error(ErrorKind::timeout, "too slow");
  EXPECT_FALSE(nothing);
  EXPECT_EQ(nothing.error().message(), "too slow");
  try {
    static_cast<void>(nothing.value());
    FAIL() << "value() of an error must throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_EQ(error.message(), "too slow");
  }
}

TEST(ExpectedTest, hands_out_its_value) {
  const Expected<int> seven = 7;
  EXPECT_TRUE(seven);
  EXPECT_EQ(seven.value(), 7);
}

TEST(PlaceInTextTest, counts_lines_and_columns_from_one) {
  const std::string_view text = "SELECT 1,\n  broken\nFROM t";
  EXPECT_EQ(place_in_text(text, 0).line, 1U);
  EXPECT_EQ(place_in_text(text, 0).column, 1U);
  const PlaceInText place = place_in_text(text, text.find("broken"));
  EXPECT_EQ(place.line, 2U);
  EXPECT_EQ(place.column, 3U);
  EXPECT_EQ(place.line_text, "  broken");
}

TEST(PlaceInTextTest, the_line_break_belongs_to_the_line_it_ends) {
  const std::string_view text = "ab\ncd";
  EXPECT_EQ(place_in_text(text, 2).line, 1U);
  EXPECT_EQ(place_in_text(text, 2).column, 3U);
  EXPECT_EQ(place_in_text(text, 3).line, 2U);
}

TEST(PlaceInTextTest, windows_line_ends_are_not_part_of_the_line) {
  EXPECT_EQ(place_in_text("one\r\ntwo\r\n", 5).line_text, "two");
}

TEST(PlaceInTextTest, an_offset_beyond_the_text_is_its_end) {
  const PlaceInText place = place_in_text("ab\n", 100);
  EXPECT_EQ(place.line, 2U);
  EXPECT_EQ(place.column, 1U);
  EXPECT_EQ(place.line_text, "");
  EXPECT_EQ(place_in_text("", 0).line, 1U);
}

TEST(ErrorAtTest, is_a_config_error_with_place_and_source_line) {
  const Error error = error_at("x.sql", "a\n\tb c", 4, "bad word");
  EXPECT_EQ(error.kind(), ErrorKind::config);
  ASSERT_TRUE(error.place());
  EXPECT_EQ(error.place()->file, "x.sql");
  EXPECT_EQ(error.place()->line, 2U);
  EXPECT_EQ(error.place()->column, 3U);
  EXPECT_EQ(error.source_line(), "\tb c");
}

}  // namespace
}  // namespace freshet
