#include "cache/w_tiny_lfu.hpp"

#include <random>

#include <gtest/gtest.h>

#include "policy_driver.hpp"

namespace freshet::cache {
namespace {

std::uint64_t spread(std::uint64_t key) { return (key + 1) * 0x9E3779B97F4A7C15U; }

TEST(FrequencySketch, never_says_less_than_there_was_up_to_fifteen) {
  FrequencySketch sketch;
  EXPECT_EQ(sketch.frequency(1), 0U);
  sketch.ensure(1000);
  for (std::uint64_t key = 0; key < 500; ++key) sketch.add(spread(key), static_cast<std::uint32_t>(key % 10));
  std::size_t too_high = 0;
  for (std::uint64_t key = 0; key < 500; ++key) {
    ASSERT_GE(sketch.frequency(spread(key)), key % 10);
    too_high += sketch.frequency(spread(key)) > key % 10 ? 1U : 0U;
  }
  EXPECT_LT(too_high, 50U);
  sketch.add(spread(1), 1000);
  EXPECT_EQ(sketch.frequency(spread(1)), 15U);
}

TEST(FrequencySketch, what_was_frequent_long_ago_fades) {
  FrequencySketch sketch;
  sketch.ensure(64);
  sketch.add(spread(1), 15);
  for (std::uint64_t key = 10; key < 3000; ++key) sketch.add(spread(key));
  EXPECT_LT(sketch.frequency(spread(1)), 15U);
}

TEST(WTinyLfu, a_scan_does_not_push_out_what_is_in_use) {
  PolicyDriver driver(100'000, &WTinyLfu::make);
  for (int round = 0; round < 5; ++round) {
    for (std::size_t key = 0; key < 60; ++key) driver.request(key, 1000);
  }
  for (std::size_t key = 1000; key < 3000; ++key) driver.request(key, 1000);
  std::size_t hits = 0;
  for (std::size_t key = 0; key < 60; ++key) hits += driver.request(key, 1000) ? 1U : 0U;
  EXPECT_GE(hits, 58U);  // the window is the scan's
}

TEST(WTinyLfu, who_is_asked_for_more_often_than_who_is_there_gets_in) {
  PolicyDriver driver(20'000, &WTinyLfu::make);
  for (std::size_t key = 0; key < 40; ++key) driver.request(key, 1000);
  for (int i = 0; i < 4; ++i) {
    driver.request(100, 1000);
    for (std::size_t key = 200; key < 240; ++key) driver.request(key + static_cast<std::size_t>(i) * 100, 1000);
  }
  EXPECT_TRUE(driver.request(100, 1000));
}

TEST(WTinyLfu, a_large_one_must_be_more_frequent_than_each_that_goes_for_it) {
  PolicyDriver driver(10'000, &WTinyLfu::make);
  for (int round = 0; round < 4; ++round) {
    for (std::size_t key = 0; key < 10; ++key) driver.request(key, 1000);
  }
  driver.request(50, 5000);
  driver.request(51, 1000);
  std::size_t held = 0;
  for (const std::size_t key : driver.held()) held += key < 10 ? 1U : 0U;
  EXPECT_GE(held, 9U);
}

TEST(WTinyLfu, the_dead_go_first_however_often_they_were_asked_for) {
  PolicyDriver driver(10'000, &WTinyLfu::make);
  for (int round = 0; round < 10; ++round) {
    for (std::size_t key = 0; key < 10; ++key) driver.request(key, 1000);
  }
  driver.write();  // all of them
  for (std::size_t key = 100; key < 109; ++key) driver.request(key, 1000);
  std::size_t alive = 0;
  for (const std::size_t key : driver.held()) alive += key >= 100 ? 1U : 0U;
  EXPECT_GE(alive, 8U);
}

}  // namespace
}  // namespace freshet::cache
