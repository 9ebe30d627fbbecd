#include "core/json_check.hpp"

#include <string>

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr std::size_t depth_max = 32;

TEST(JsonCheck, takes_one_complete_value) {
  JsonCheck check(depth_max);
  for (const char* good : {"[1,2]", "\"x\"", "1", " {} "}) EXPECT_TRUE(check.valid(good)) << good;
  for (const char* bad : {"[1,2", "", "{} {}", "\"\xff\""}) EXPECT_FALSE(check.valid(bad)) << bad;
}

TEST(JsonCheck, what_came_before_makes_no_difference) {
  JsonCheck check(depth_max);
  const std::string large = "[" + std::string(100'000, ' ') + "1]";
  const std::string deep(depth_max, '[');
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(check.valid("{}"));
    EXPECT_TRUE(check.valid(large));
    EXPECT_FALSE(check.valid(large + "]"));
    EXPECT_TRUE(check.valid(deep.substr(1) + std::string(depth_max - 1, ']')));
    EXPECT_FALSE(check.valid(deep + "[" + std::string(depth_max + 1, ']')));
  }
}

}  // namespace
}  // namespace freshet
