#include "cache/time_budget.hpp"

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;

struct TimeBudgetTest : testing::Test {
  TimeBudget::Time now{std::chrono::hours(1)};
  TimeBudget budget{0.1, now};
};

TEST_F(TimeBudgetTest, begins_with_the_share_of_a_second) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(budget.wait(now).count(), 0);
    budget.spend(milliseconds(10), now);
  }
  EXPECT_GT(budget.wait(now).count(), 0);
}

TEST_F(TimeBudgetTest, what_is_not_used_is_not_saved_beyond_a_second) {
  now += std::chrono::hours(1);
  budget.spend(milliseconds(100), now);
  EXPECT_GT(budget.wait(now).count(), 0);
}

TEST_F(TimeBudgetTest, a_long_piece_of_work_is_owed) {
  budget.spend(milliseconds(600), now);  // 500 more than there was
  EXPECT_GT(budget.wait(now), milliseconds(4900));
  now += milliseconds(4900);
  EXPECT_GT(budget.wait(now).count(), 0);
  now += milliseconds(200);
  EXPECT_EQ(budget.wait(now).count(), 0);
}

TEST_F(TimeBudgetTest, in_the_long_run_takes_its_share) {
  const auto begin = now;
  std::chrono::nanoseconds spent{};
  while (now - begin < seconds(100)) {
    const auto wait = budget.wait(now);
    now += wait;
    if (wait.count() != 0) continue;
    now += milliseconds(7);
    budget.spend(milliseconds(7), now);
    spent += milliseconds(7);
  }
  EXPECT_NEAR(std::chrono::duration<double>(spent).count(), 10.0, 0.2);
}

}  // namespace
}  // namespace freshet::cache
