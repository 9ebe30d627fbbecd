// The store's eviction beside a second S3-FIFO, written from the paper with plain containers, over the same requests.
#include "cache/s3_fifo.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <set>
#include <unordered_map>

#include <gtest/gtest.h>

#include "policy_driver.hpp"

namespace freshet::cache {
namespace {

std::vector<std::size_t> zipf_trace(std::size_t keys, std::size_t requests, double skew) {
  std::vector<double> sums(keys);
  double sum = 0;
  for (std::size_t i = 0; i < keys; ++i) sums[i] = sum += 1.0 / std::pow(static_cast<double>(i + 1), skew);
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(0, sum);
  std::vector<std::size_t> trace(requests);
  for (std::size_t& key : trace) {
    key = static_cast<std::size_t>(std::lower_bound(sums.begin(), sums.end(), uniform(random)) - sums.begin());
  }
  return trace;
}

/// What the paper says, in sizes: no pointers, no atomics, no allocator.
class Reference {
 public:
  explicit Reference(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// True: a hit.
  bool request(std::size_t key, std::size_t size) {
    if (const auto found = live_.find(key); found != live_.end()) {
      found->second.hits = std::min(found->second.hits + 1, 3);
      return true;
    }
    const bool was_ghost = forget_ghost(key);
    live_[key] = {.size = size, .hits = 0};
    (was_ghost ? main_ : small_).push_back(key);
    (was_ghost ? main_bytes_ : small_bytes_) += size;
    while (small_bytes_ + main_bytes_ > bytes_max_) evict();
    return false;
  }
  [[nodiscard]] std::set<std::size_t> held() const {
    std::set<std::size_t> keys;
    for (const auto& [key, item] : live_) keys.insert(key);
    return keys;
  }

 private:
  struct Item {
    std::size_t size;
    int hits;
  };
  void evict() {
    if ((small_bytes_ > bytes_max_ / 10 || main_.empty()) && evict_small()) return;
    if (!evict_main()) evict_small();
  }
  bool evict_small() {
    while (!small_.empty()) {
      const std::size_t key = small_.front();
      small_.pop_front();
      Item& item = live_[key];
      small_bytes_ -= item.size;
      if (item.hits == 0) {
        ghost(key, item.size);
        live_.erase(key);
        return true;
      }
      item.hits = 0;
      main_.push_back(key);
      main_bytes_ += item.size;
    }
    return false;
  }
  bool evict_main() {
    while (!main_.empty()) {
      const std::size_t key = main_.front();
      main_.pop_front();
      Item& item = live_[key];
      if (item.hits == 0) {
        main_bytes_ -= item.size;
        live_.erase(key);
        return true;
      }
      --item.hits;
      main_.push_back(key);
    }
    return false;
  }
  void ghost(std::size_t key, std::size_t size) {
    forget_ghost(key);
    ghosts_.push_back({key, size});
    ghost_bytes_ += size;
    while (ghost_bytes_ > bytes_max_ - bytes_max_ / 10) forget_ghost(ghosts_.front().key);
  }
  bool forget_ghost(std::size_t key) {
    const auto found = std::find_if(ghosts_.begin(), ghosts_.end(), [&](const Ghost& one) { return one.key == key; });
    if (found == ghosts_.end()) return false;
    ghost_bytes_ -= found->size;
    ghosts_.erase(found);
    return true;
  }

  struct Ghost {
    std::size_t key, size;
  };
  const std::size_t bytes_max_;
  std::unordered_map<std::size_t, Item> live_;
  std::deque<std::size_t> small_, main_;
  std::size_t small_bytes_ = 0, main_bytes_ = 0, ghost_bytes_ = 0;
  std::deque<Ghost> ghosts_;  // oldest first
};

TEST(S3Fifo, decides_each_request_of_a_zipf_trace_as_the_paper_does) {
  Reference reference(400'000);
  PolicyDriver driver(400'000, &S3Fifo::make);
  std::size_t request = 0;
  for (const std::size_t key : zipf_trace(20'000, 200'000, 1.0)) {
    const std::size_t size = 200 + key * 7919 % 3000;
    ASSERT_EQ(driver.request(key, size), reference.request(key, size)) << "request " << request;
    ++request;
  }
  EXPECT_EQ(driver.held(), reference.held());
}

TEST(S3Fifo, a_scan_does_not_push_out_what_is_in_use) {
  PolicyDriver driver(100'000, &S3Fifo::make);
  for (int round = 0; round < 5; ++round) {
    for (std::size_t key = 0; key < 60; ++key) driver.request(key, 1000);
  }
  for (std::size_t key = 1000; key < 3000; ++key) driver.request(key, 1000);
  std::size_t hits = 0;
  for (std::size_t key = 0; key < 60; ++key) hits += driver.request(key, 1000) ? 1U : 0U;
  EXPECT_EQ(hits, 60U);
}

TEST(S3Fifo, who_comes_back_soon_goes_to_the_main_queue) {
  PolicyDriver driver(10'000, &S3Fifo::make);
  driver.request(1, 1000);
  for (std::size_t key = 10; key < 22; ++key) driver.request(key, 1000);
  EXPECT_FALSE(driver.request(1, 1000));  // a ghost by now
  for (std::size_t key = 30; key < 42; ++key) driver.request(key, 1000);
  EXPECT_TRUE(driver.request(1, 1000));
}

}  // namespace
}  // namespace freshet::cache
