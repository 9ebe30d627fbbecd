#include "cache/target_pattern.hpp"

#include <random>

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

std::string pattern(std::string_view target) { return pattern_of(fields_of(target).value()); }
std::string rule(std::string_view from, std::string_view to) {
  return rule_of(fields_of(from).value(), fields_of(to).value());
}
std::optional<std::string> go(std::string_view rule_text, std::string_view from) {
  return follow(rule_text, fields_of(from).value());
}

TEST(TargetPattern, names_the_kind_of_a_target) {
  EXPECT_EQ(pattern("/dashboard/summary?month=2025-01&sort=total"), "/dashboard/summary?month&sort");
  EXPECT_EQ(pattern("/accounts/17/transactions"), "/accounts/#/transactions");
  EXPECT_EQ(pattern("/accounts/0f8fad5b-d9cb-469f-a165-70867728950e"), "/accounts/#");
  EXPECT_EQ(pattern("/"), "/");
}

TEST(TargetPattern, refuses_what_it_could_not_write_back) {
  for (const char* const target : {"", "x", "/{a}", "/a|b", "/a?flag", "/a?/b=1"}) {
    EXPECT_FALSE(fields_of(target)) << target;
  }
  EXPECT_FALSE(fields_of("/" + std::string(600, 'a')));
  std::string many = "/a?x=1";
  for (int i = 0; i < 20; ++i) many += "&x=1";
  EXPECT_FALSE(fields_of(many));
}

struct Step {
  const char* from;
  const char* to;
  const char* rule;
  const char* other_from;
  const char* other_to;  // empty: none
};

class Steps : public testing::TestWithParam<Step> {};

TEST_P(Steps, of_one_target_hold_for_others) {
  const Step& step = GetParam();
  EXPECT_EQ(rule(step.from, step.to), step.rule);
  EXPECT_EQ(go(step.rule, step.from), step.to);
  EXPECT_EQ(go(step.rule, step.other_from).value_or(""), step.other_to);
}

INSTANTIATE_TEST_SUITE_P(
    TargetPattern, Steps,
    testing::Values(
        Step{"/s?month=2025-01", "/s?month=2024-12", "/s?month={month|-1}", "/s?month=2020-06", "/s?month=2020-05"},
        Step{"/s?month=2025-03", "/d/Food?month=2025-03", "/d/Food?month={month}", "/s?month=2019-12",
             "/d/Food?month=2019-12"},
        Step{"/t?page=1&size=20", "/t?page=2&size=20", "/t?page={page|1}&size={size}", "/t?page=9&size=50",
             "/t?page=10&size=50"},
        Step{"/t?offset=40", "/t?offset=20", "/t?offset={offset|-20}", "/t?offset=10", ""},
        Step{"/a/5", "/a/5/lines?sort=day", "/a/{/1}/lines?sort=day", "/a/77", "/a/77/lines?sort=day"},
        Step{"/a/5", "/lines?account=5", "/lines?account={/1}", "/a/6", "/lines?account=6"},
        Step{"/d?day=2024-02-28", "/d?day=2024-02-29", "/d?day={day|1}", "/d?day=2023-02-28", "/d?day=2023-03-01"},
        Step{"/s?month=2025-01", "/other", "/other", "/s?month=2025-02", "/other"}),
    [](const auto& step) { return "step_" + std::to_string(step.index); });

TEST(TargetPattern, a_rule_needs_what_it_takes) {
  EXPECT_FALSE(go("/a?x={month}", "/a?page=1"));
  EXPECT_FALSE(go("/a?x={month|1}", "/a?month=January"));
  EXPECT_FALSE(go("/a/{/4}", "/a/1"));
}

TEST(TargetPattern, steps_of_values) {
  EXPECT_EQ(stepped("9", 1), "10");
  EXPECT_EQ(stepped("0", -1), std::nullopt);
  EXPECT_EQ(stepped("007", 1), std::nullopt);
  EXPECT_EQ(stepped("2025-13", 1), std::nullopt);
  EXPECT_EQ(stepped("2025-02-30", 1), std::nullopt);
  EXPECT_EQ(stepped("2024-12-31", 1), "2025-01-01");
  EXPECT_EQ(stepped("0001-01", -1), std::nullopt);
  EXPECT_EQ(stepped("9999-12", 1), std::nullopt);
  EXPECT_EQ(steps_between("1", "1"), std::nullopt);
  EXPECT_EQ(steps_between("1", "2025-01"), std::nullopt);
  EXPECT_EQ(steps_between("1", "5000"), std::nullopt);
}

// Whatever two targets are made of: the rule from one to the other leads there.
TEST(TargetPattern, a_rule_leads_where_it_was_learned) {
  std::mt19937 random(9);
  const std::vector<std::string> values{"1",     "2", "20", "2025-01",   "2024-12", "2025-01-31", "Food",
                                        "a%20b", "",  "0",  "999999999", "00",      "12-34",      "2025-1"};
  const auto any = [&] { return values[random() % values.size()]; };
  const auto target = [&] {
    std::string text;
    for (std::size_t i = random() % 3 + 1; i > 0; --i) text += "/" + (random() % 2 == 0 ? any() : "s");
    char before = '?';
    for (std::size_t i = random() % 4; i > 0; --i) {
      text += std::exchange(before, '&');
      text += std::string(1, static_cast<char>('a' + random() % 3)) + "=" + any();
    }
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string from = target(), to = target();
    ASSERT_EQ(go(rule(from, to), from), to) << from;
  }
}

}  // namespace
}  // namespace freshet::cache
