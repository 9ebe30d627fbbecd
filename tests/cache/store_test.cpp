#include "cache/store.hpp"

#include <malloc.h>

#include <random>

#include <gtest/gtest.h>

#include "builders.hpp"

// Under a sanitizer the allocator keeps no figures.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

namespace freshet::cache {
namespace {

struct StoreTest : testing::Test {
  feed::TagTable table;
  Store store{StoreOptions{.bytes_max = 1 << 20, .shards = 2}};
  std::shared_ptr<Route> route = store.route("/accounts");

  EntryPtr put(const std::string& key, std::size_t size = 10, std::shared_ptr<Route> of = nullptr) {
    EntryPtr entry = entry_of(key, of ? of : route, std::string(size, 'x'), stamp_of(table, {"t"}));
    store.put(entry, start);
    return entry;
  }
};

TEST_F(StoreTest, finds_by_key_and_by_alias_the_same_entry) {
  const EntryPtr entry = put("accounts:page=2");
  EXPECT_TRUE(store.add_alias("/accounts?page=2", entry));
  EXPECT_EQ(store.find("accounts:page=2", *route, start), entry);
  EXPECT_EQ(store.find_alias("/accounts?page=2", start), entry);
  EXPECT_EQ(store.find_alias("/accounts?page=3", start), nullptr);
  EXPECT_EQ(store.find("accounts:page=3", *route, start), nullptr);
  EXPECT_EQ(route->hits, 2U);
  EXPECT_EQ(route->misses, 1U);
}

TEST_F(StoreTest, drops_the_dead_when_asked_for_them) {
  const EntryPtr entry = put("a");
  EXPECT_TRUE(store.add_alias("/a", entry));
  table.change(feed::table_tag("t").id, 2);
  EXPECT_EQ(store.find_alias("/a", start), nullptr);
  EXPECT_EQ(store.figures().entries, 0U);
  EXPECT_EQ(store.figures().aliases, 0U);
  EXPECT_EQ(route->dead, 1U);
  EXPECT_EQ(route->bytes, 0U);
}

TEST_F(StoreTest, refuses_the_dead) {
  const EntryPtr entry = entry_of("a", route, "x", stamp_of(table, {"t"}));
  table.change(feed::table_tag("t").id, 2);
  EXPECT_EQ(store.put(entry, start), Put::dead);
  EXPECT_EQ(store.figures().entries, 0U);
  EXPECT_EQ(route->fills_refused, 1U);
}

TEST_F(StoreTest, a_slow_fill_does_not_replace_a_later_one_that_holds) {
  const EntryPtr early = entry_of("a", route, "old", stamp_of(table, {"t"}, 1));
  const EntryPtr late = entry_of("a", route, "new", stamp_of(table, {"t"}, 2));
  EXPECT_EQ(store.put(late, start), Put::kept);
  EXPECT_EQ(store.put(early, start), Put::older);
  EXPECT_EQ(store.find("a", *route, start), late);
}

TEST_F(StoreTest, aliases_pass_on_to_the_entry_that_replaces) {
  const EntryPtr first = put("a");
  EXPECT_TRUE(store.add_alias("/a", first));
  const EntryPtr second = put("a");
  EXPECT_EQ(store.find_alias("/a", start), second);
  EXPECT_FALSE(store.add_alias("/a?", first));
  EXPECT_TRUE(store.erase("a"));
  EXPECT_EQ(store.find_alias("/a", start), nullptr);
}

TEST_F(StoreTest, an_entry_has_only_so_many_aliases) {
  const EntryPtr entry = put("a");
  for (std::size_t i = 0; i < Store::aliases_max; ++i) EXPECT_TRUE(store.add_alias("/a?" + std::to_string(i), entry));
  EXPECT_FALSE(store.add_alias("/a?z", entry));
  for (std::size_t i = 0; i < Store::aliases_max; ++i) {
    EXPECT_EQ(store.find_alias("/a?" + std::to_string(i), start), entry);
  }
}

TEST_F(StoreTest, an_entry_in_use_outlives_its_place) {
  const EntryPtr entry = put("a", 100);
  const std::string* const body = entry->body(Coding::identity);
  store.clear();
  EXPECT_EQ(*body, std::string(100, 'x'));
  EXPECT_EQ(store.figures().entries, 0U);
}

TEST_F(StoreTest, adds_a_coding_once_and_counts_it) {
  const EntryPtr entry = put("a");
  const std::size_t before = store.figures().bytes;
  EXPECT_EQ(entry->body(Coding::gzip), nullptr);
  EXPECT_TRUE(store.add_body(entry, Coding::gzip, std::string(5000, 'z'), start));
  EXPECT_FALSE(store.add_body(entry, Coding::gzip, "other", start));
  EXPECT_EQ(entry->body(Coding::gzip)->size(), 5000U);
  EXPECT_GE(store.figures().bytes, before + 5000);
}

TEST_F(StoreTest, stays_within_its_bytes) {
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    put("key-" + std::to_string(random() % 3000), random() % 4000);
    ASSERT_LE(store.figures().bytes, std::size_t{1} << 20U);
  }
  EXPECT_GT(store.figures().bytes, (std::size_t{1} << 20U) * 9 / 10);
  EXPECT_GT(store.figures().evictions, 0U);
}

TEST_F(StoreTest, a_route_stays_within_its_own_bytes_and_leaves_others_alone) {
  const auto small = store.route("/small", 20'000);
  for (int i = 0; i < 50; ++i) put("other-" + std::to_string(i), 100);
  for (int i = 0; i < 200; ++i) {
    put("small-" + std::to_string(i), 1000, small);
    ASSERT_LE(small->bytes, 20'000U);
  }
  EXPECT_EQ(route->entries, 50U);
  EXPECT_GT(small->entries, 5U);
  const EntryPtr huge = entry_of("huge", small, std::string(30'000, 'x'), stamp_of(table, {}));
  EXPECT_EQ(store.put(huge, start), Put::too_large);
}

TEST(StoreRoutes, the_newest_answer_of_a_full_route_stays_wherever_it_lives) {
  feed::TagTable table;
  Store store(StoreOptions{.bytes_max = 16 << 20, .shards = 16});
  const auto route = store.route("/few", 8000);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "few-" + std::to_string(i);
    const EntryPtr entry = entry_of(key, route, std::string(1000, 'x'), stamp_of(table, {"t"}));
    ASSERT_EQ(store.put(entry, start), Put::kept);
    ASSERT_EQ(store.find(key, *route, start), entry);
    ASSERT_LE(route->bytes, 8000U);
  }
}

TEST_F(StoreTest, the_dead_go_before_those_that_were_never_asked_for) {
  for (int i = 0; i < 100; ++i) {
    const EntryPtr dead =
        entry_of("dead-" + std::to_string(i), route, std::string(5000, 'x'), stamp_of(table, {"gone"}));
    store.put(dead, start);
    dead->set_hits(3);
  }
  table.change(feed::table_tag("gone").id, 9);
  for (int i = 0; i < 150; ++i) put("live-" + std::to_string(i), 5000);
  EXPECT_GT(route->dead, 50U);
  EXPECT_EQ(route->evictions, 0U);
}

TEST_F(StoreTest, shows_every_entry) {
  for (int i = 0; i < 20; ++i) put("k" + std::to_string(i));
  std::size_t seen = 0;
  store.for_each([&](const Entry& entry) { seen += entry.key().starts_with('k') ? 1U : 0U; });
  EXPECT_EQ(seen, 20U);
}

TEST(StoreBytes, are_those_of_the_allocator) {
  if (sanitized) GTEST_SKIP() << "the sanitizer's allocator keeps no figures";
  feed::TagTable table;
  Store store(StoreOptions{.bytes_max = std::size_t{256} << 20U, .shards = 1});
  const auto route = store.route("/r");
  std::mt19937 random(5);
  const auto in_use = [] {
    const struct mallinfo2 figures = ::mallinfo2();
    return figures.uordblks + figures.hblkhd;
  };
  const std::size_t before = in_use();
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "a-key-of-some-length-" + std::to_string(i);
    const EntryPtr entry = entry_of(name, route, std::string(random() % 2000, 'x'), stamp_of(table, {"shared", name}));
    ASSERT_EQ(store.put(entry, start), Put::kept);
    const bool named = i % 2 == 0;
    if (named) {
      ASSERT_TRUE(store.add_alias("/route?with=a&long=target&number=" + std::to_string(i), entry));
    }
  }
  const auto held = static_cast<double>(in_use() - before);
  const auto counted = static_cast<double>(store.figures().bytes);
  EXPECT_NEAR(counted / held, 1.0, 0.05) << counted << " counted, " << held << " held";
}

}  // namespace
}  // namespace freshet::cache
