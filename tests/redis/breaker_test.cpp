#include "db/redis/breaker.hpp"

#include <gtest/gtest.h>

namespace freshet::db::redis {
namespace {

using namespace std::chrono_literals;

Breaker well() { return Breaker({.failures_max = 3, .slow = 10ms, .pause_min = 50ms, .pause_max = 300ms}); }

TEST(BreakerTest, it_is_open_until_a_probe_has_succeeded) {
  Breaker breaker = well();
  EXPECT_EQ(breaker.state(), BreakerState::open);
  breaker.probing();
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  EXPECT_FALSE(breaker.allows());
  breaker.probe_succeeded();
  EXPECT_TRUE(breaker.allows());
  EXPECT_EQ(breaker.opened(), 0U);
}

TEST(BreakerTest, failures_in_a_row_open_it_once) {
  Breaker breaker = well();
  breaker.probe_succeeded();
  EXPECT_FALSE(breaker.timed_out());
  EXPECT_FALSE(breaker.timed_out());
  EXPECT_FALSE(breaker.answered(1ms));
  EXPECT_FALSE(breaker.timed_out());
  EXPECT_FALSE(breaker.answered(11ms));  // slow: as good as none
  EXPECT_TRUE(breaker.timed_out());
  EXPECT_FALSE(breaker.timed_out());  // those that were under way
  EXPECT_FALSE(breaker.allows());
  EXPECT_EQ(breaker.opened(), 1U);
}

TEST(BreakerTest, every_other_failure_opens_it) {
  Breaker breaker = well();
  breaker.probe_succeeded();
  bool opened = false;
  for (int i = 0; i < 64 && !opened; ++i) opened = i % 2 == 0 ? breaker.answered(1ms) : breaker.timed_out();
  EXPECT_TRUE(opened);
}

TEST(BreakerTest, a_failure_now_and_then_leaves_it_closed) {
  Breaker breaker = well();
  breaker.probe_succeeded();
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(i % 3 == 0 ? breaker.timed_out() : breaker.answered(1ms));
}

TEST(BreakerTest, a_lost_connection_opens_it_at_once) {
  Breaker breaker = well();
  EXPECT_FALSE(breaker.lost());  // it was open
  breaker.probe_succeeded();
  EXPECT_TRUE(breaker.lost());
  EXPECT_FALSE(breaker.allows());
}

TEST(BreakerTest, the_pause_doubles_up_to_its_limit_and_shrinks_after_a_while_of_health) {
  Breaker breaker = well();
  EXPECT_EQ(breaker.pause(), 50ms);
  breaker.probe_failed();
  EXPECT_EQ(breaker.pause(), 100ms);
  breaker.probe_failed();
  breaker.probe_failed();
  EXPECT_EQ(breaker.pause(), 300ms);
  breaker.probe_succeeded();
  EXPECT_EQ(breaker.pause(), 300ms);  // it may be away again at once
  for (int i = 0; i < 64; ++i) EXPECT_FALSE(breaker.answered(1ms));
  EXPECT_EQ(breaker.pause(), 50ms);
}

}  // namespace
}  // namespace freshet::db::redis
