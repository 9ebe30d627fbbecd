#include "cache/hot_targets.hpp"

#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

std::uint64_t hash_of(std::uint64_t key) { return (key + 1) * 0x9E3779B97F4A7C15U; }

TEST(HotTargets, the_weights_of_all_hits_add_up_to_the_hits) {
  std::uint64_t sum = 0;
  for (std::uint32_t hits = 1; hits <= 6400; ++hits) {
    sum += HotTargets::weight(hits);
    ASSERT_LE(sum, hits);
    ASSERT_GT(sum + 64, hits);
  }
  EXPECT_EQ(sum, 6400U);
}

TEST(HotTargets, finds_the_hundred_hottest_among_many_that_are_asked_for_once) {
  HotTargets hot(1024);
  std::vector<double> sums;
  double sum = 0;
  for (int i = 1; i <= 50'000; ++i) sums.push_back(sum += 1.0 / i);
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> uniform(0, sum);
  std::vector<std::uint32_t> hits(sums.size());
  for (int request = 0; request < 300'000; ++request) {
    const auto key =
        static_cast<std::size_t>(std::lower_bound(sums.begin(), sums.end(), uniform(random)) - sums.begin());
    const std::uint32_t weight = HotTargets::weight(++hits[key]);
    if (weight != 0) hot.note("/" + std::to_string(key), hash_of(key), weight);
    hot.note("/once-" + std::to_string(request), hash_of(100'000 + static_cast<std::uint64_t>(request)), 1);
  }
  int found = 0;
  for (const HotTarget& target : hot.hottest(100)) {
    found += target.target.find("once") == std::string::npos && std::stoi(target.target.substr(1)) < 120 ? 1 : 0;
  }
  EXPECT_GE(found, 90);
}

TEST(HotTargets, what_was_hot_long_ago_makes_place) {
  HotTargets hot(8);
  for (std::uint64_t key = 0; key < 8; ++key) hot.note("/old-" + std::to_string(key), hash_of(key), 1000);
  for (int hour = 0; hour < 10; ++hour) hot.fade();
  for (std::uint64_t key = 10; key < 18; ++key) {
    for (int hit = 0; hit < 10; ++hit) hot.note("/new-" + std::to_string(key), hash_of(key), 1);
  }
  for (const HotTarget& target : hot.hottest(8)) EXPECT_EQ(target.target.substr(0, 4), "/new");
}

TEST(HotTargets, two_targets_of_one_hash_are_two) {
  HotTargets hot(8);
  hot.note("/a", 5, 3);
  hot.note("/b", 5, 2);
  EXPECT_EQ(hot.hottest(8).size(), 2U);
}

}  // namespace
}  // namespace freshet::cache
