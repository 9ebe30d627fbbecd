// Readers, fillers, a writer and a housekeeper at once; meant for ThreadSanitizer, true without it.
#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "builders.hpp"

namespace freshet::cache {
namespace {

class Rig {
 public:
  /// Looks up, fills on a miss. An answer must never be older than the last change told before the lookup began.
  void read(unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 8000; ++i) {
      const std::string key = "k" + std::to_string(random() % 200);
      const feed::Position known = told_.load(std::memory_order_acquire);
      EntryPtr entry = random() % 2 == 0 ? store_.find_alias("/" + key, start) : nullptr;
      if (entry == nullptr) entry = store_.find(key, *route_, start);
      if (entry == nullptr) {
        fill(key, random());
        continue;
      }
      if (entry->stamp().position() < known ||
          *entry->body(Coding::identity) != std::to_string(entry->stamp().position())) {
        stale_.fetch_add(1);
      }
      if (random() % 8 == 0) store_.add_body(entry, Coding::gzip, std::string(random() % 500, 'z'), start);
    }
  }

  void write() {
    const feed::TagId table = feed::table_tag("t").id;
    for (feed::Position at = 1; at <= 300; ++at) {
      committed_.store(at, std::memory_order_release);
      tags_.change(table, at);
      tags_.applied(at);
      told_.store(at, std::memory_order_release);
      std::this_thread::yield();
    }
  }

  void keep_house() {
    for (int i = 0; i < 200; ++i) {
      store_.erase("k" + std::to_string(i));
      store_.for_each([](const Entry& entry) { ASSERT_FALSE(entry.key().empty()); });
      if (i % 50 == 0) store_.clear();
      ASSERT_LE(store_.figures().bytes, std::size_t{216} << 10U);
    }
  }

  [[nodiscard]] int stale() const { return stale_.load(); }
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] Route& route() { return *route_; }
  [[nodiscard]] feed::TagTable& tags() { return tags_; }

 private:
  void fill(const std::string& key, std::size_t random) {
    std::vector<feed::Tag> tags;
    tags.push_back(feed::table_tag("t"));
    feed::PendingStamp pending(tags_, std::move(tags));
    const feed::Position seen = committed_.load(std::memory_order_acquire);  // the fill's snapshot
    std::optional<feed::Stamp> stamp = std::move(pending).seal(seen);
    if (!stamp) return;
    const EntryPtr entry = entry_of(key, route_, std::to_string(seen), std::move(*stamp));
    if (store_.put(entry, start) == Put::kept && random % 2 == 0) store_.add_alias("/" + key, entry);
  }

  feed::TagTable tags_;
  Store store_{StoreOptions{.bytes_max = std::size_t{200} << 10U, .shards = 4}};
  std::shared_ptr<Route> route_ = store_.route("/k", std::size_t{60} << 10U);
  std::atomic<feed::Position> committed_{0}, told_{0};
  std::atomic<int> stale_{0};
};

TEST(StoreThreads, nobody_reads_what_was_changed_before_the_lookup_and_the_figures_add_up) {
  Rig rig;
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 4; ++seed) threads.emplace_back([&rig, seed] { rig.read(seed); });
    threads.emplace_back([&rig] { rig.write(); });
    threads.emplace_back([&rig] { rig.keep_house(); });
  }
  EXPECT_EQ(rig.stale(), 0);
  std::size_t counted = 0;
  rig.store().for_each([&](const Entry&) { ++counted; });
  EXPECT_EQ(rig.route().entries, counted);
  EXPECT_GT(rig.route().hits, 0U);
  rig.store().clear();
  EXPECT_EQ(rig.route().bytes, 0U);
  EXPECT_EQ(rig.route().entries, 0U);
  EXPECT_EQ(rig.store().figures().aliases, 0U);
  EXPECT_EQ(rig.tags().size(), 0U);
}

}  // namespace
}  // namespace freshet::cache
