#include "api/tag_pattern.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace freshet::api {
namespace {

bool meet(std::string_view a, std::string_view b) {
  const bool there = TagPattern::parse(a).overlaps(TagPattern::parse(b));
  EXPECT_EQ(there, TagPattern::parse(b).overlaps(TagPattern::parse(a)));
  return there;
}

TEST(TagPattern, a_table_meets_all_of_its_pieces) {
  EXPECT_TRUE(meet("entries", "entries"));
  EXPECT_TRUE(meet("entries", "entries[month=2025-01]"));
  EXPECT_TRUE(meet("Entries", "entries[month=2025-01]"));
  EXPECT_FALSE(meet("entries", "entry"));
}

TEST(TagPattern, pieces_meet_unless_a_column_has_two_values) {
  EXPECT_TRUE(meet("entries[month=2025-01]", "entries[kind=in,month=2025-01]"));
  EXPECT_TRUE(meet("entries[month=2025-01]", "entries[kind=in]"));
  EXPECT_FALSE(meet("entries[month=2025-01]", "entries[kind=in,month=2025-02]"));
  EXPECT_TRUE(meet("entries[owner=ANNA]", "entries[owner=anna]"));
  EXPECT_FALSE(meet("entries[month=2025-01]", "accounts[month=2025-01]"));
}

TEST(TagPattern, values_may_hold_anything) {
  EXPECT_EQ(TagPattern::parse("t[a=x\\,y\\]\\\\,b=]").columns,
            (std::vector<std::pair<std::string, std::string>>{{"a", "x,y]\\"}, {"b", ""}}));
  EXPECT_EQ(TagPattern::parse("t[a=b=c]").columns.front().second, "b=c");
}

TEST(TagPattern, what_is_no_tag_is_refused) {
  for (const char* text : {"", "[a=1]", "t[", "t[]", "t[a]", "t[=1]", "t[a=1", "t[a=1]x", "t[a=1,]", "t[a=1\\"}) {
    EXPECT_THROW(static_cast<void>(TagPattern::parse(text)), Error) << text;
  }
}

}  // namespace
}  // namespace freshet::api
