#include "cache/change_rate.hpp"

#include <random>

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::hours, std::chrono::seconds;

TEST(ChangeRate, starts_with_the_shortest_time) { EXPECT_EQ(ChangeRate().ttl(seconds(3), hours(1)), seconds(3)); }

TEST(ChangeRate, few_looks_that_saw_nothing_are_no_proof) {
  ChangeRate rate;
  rate.observe(seconds(10), false);
  EXPECT_LT(rate.ttl(seconds(1), hours(1)), seconds(10));
}

TEST(ChangeRate, grows_to_the_longest_while_nothing_changes) {
  ChangeRate rate;
  auto ttl = rate.ttl(seconds(10), hours(1));
  for (int look = 0; look < 300; ++look) {
    rate.observe(ttl, false);
    ttl = rate.ttl(seconds(10), hours(1));
  }
  EXPECT_EQ(ttl, hours(1));
}

// What a caller sees: looks at a process of which it only learns whether it changed.
TEST(ChangeRate, settles_where_one_answer_in_ten_ends_out_of_date) {
  ChangeRate rate;
  std::mt19937_64 random(7);
  std::exponential_distribution<double> gap(1.0 / 120);  // a change every two minutes
  double next_change = gap(random), now = 0;
  int changes = 0;
  constexpr int looks = 4000;
  for (int look = 0; look < looks; ++look) {
    const auto ttl = rate.ttl(seconds(1), hours(1));
    now += std::chrono::duration<double>(ttl).count();
    const bool changed = next_change < now;
    while (next_change < now) next_change += gap(random);
    rate.observe(ttl, changed);
    changes += look >= 500 && changed ? 1 : 0;
  }
  const double share = static_cast<double>(changes) / (looks - 500);
  EXPECT_GT(share, 0.06);
  EXPECT_LT(share, 0.16);
}

TEST(ChangeRate, follows_when_a_calm_table_becomes_busy) {
  ChangeRate rate;
  for (int look = 0; look < 200; ++look) rate.observe(seconds(60), false);
  const auto calm = rate.ttl(seconds(1), hours(24));
  for (int look = 0; look < 100; ++look) rate.observe(seconds(60), true);
  EXPECT_LT(rate.ttl(seconds(1), hours(24)) * 10, calm);
}

}  // namespace
}  // namespace freshet::cache
