#include "cache/store.hpp"

#include <malloc.h>

#include <random>

#include <gtest/gtest.h>

#include "cache/s3_fifo.hpp"
#include "cache/w_tiny_lfu.hpp"

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
  EXPECT_EQ(route->misses, 1U);
  EXPECT_EQ(route->hits, 1U) << "an alias that was found is no hit before it is answered";
  store.note_hit("/accounts?page=2", *entry);
  EXPECT_EQ(route->hits, 2U);
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

TEST_F(StoreTest, refuses_what_is_too_large_for_a_shard_and_counts_it) {
  const EntryPtr entry = entry_of("a", route, std::string(store.figures().bytes_max, 'x'), stamp_of(table, {"t"}));
  EXPECT_EQ(store.put(entry, start), Put::too_large);
  EXPECT_EQ(route->fills_refused, 1U);
}

TEST_F(StoreTest, refuses_the_dead) {
  const EntryPtr entry = entry_of("a", route, "x", stamp_of(table, {"t"}));
  table.change(feed::table_tag("t").id, 2);
  EXPECT_EQ(store.put(entry, start), Put::dead);
  EXPECT_EQ(store.figures().entries, 0U);
  EXPECT_EQ(route->fills_refused, 0U) << "it was not too large";
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
  const Body* const body = entry->body(Coding::identity);
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

class StorePolicies : public testing::TestWithParam<PolicyMaker> {};

TEST_P(StorePolicies, stay_within_their_bytes_and_use_them) {
  feed::TagTable table;
  StoreOptions options;
  options.bytes_max = 1 << 20;
  options.shards = 2;
  options.policy = GetParam();
  Store store(options);
  const auto route = store.route("/r");
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key-" + std::to_string(random() % 3000);
    if (store.find(key, *route, start) != nullptr) continue;
    store.put(entry_of(key, route, std::string(random() % 4000, 'x'), stamp_of(table, {"t", key})), start);
    if (i % 50 == 0) table.change(feed::table_tag("key-" + std::to_string(random() % 3000)).id, 2);
    // A shard learns of tags and pages that came with another's answers at its next put.
    ASSERT_LE(store.figures().bytes, (std::size_t{1} << 20U) * 65 / 64);
  }
  EXPECT_GT(store.figures().bytes, (std::size_t{1} << 20U) * 9 / 10);
  EXPECT_GT(store.figures().evictions, 0U);
}

INSTANTIATE_TEST_SUITE_P(All, StorePolicies, testing::Values(&S3Fifo::make, &S3Fifo::make_strict, &WTinyLfu::make));

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

TEST_F(StoreTest, what_is_added_to_an_answer_counts_for_its_route_too) {
  const auto small = store.route("/small", 20'000);
  for (int i = 0; i < 10; ++i) put("small-" + std::to_string(i), 1000, small);
  const EntryPtr entry = store.find("small-9", *small, start);
  EXPECT_TRUE(store.add_body(entry, Coding::gzip, std::string(12'000, 'z'), start));
  EXPECT_LE(small->bytes, 20'000U);
  EXPECT_EQ(store.find("small-9", *small, start), entry);
  EXPECT_FALSE(store.add_body(entry, Coding::zstd, std::string(12'000, 'z'), start)) << "more than the route may have";
  EXPECT_EQ(entry->body(Coding::zstd), nullptr);
  EXPECT_TRUE(store.add_alias("/small?" + std::string(4000, 'a'), entry));
  EXPECT_FALSE(store.add_alias("/small?" + std::string(4000, 'b'), entry)) << "and so is this";
  EXPECT_EQ(store.find("small-9", *small, start), entry);
  EXPECT_LE(small->bytes, 20'000U);
}

// `404` for each id that a stranger tries must not push out answers: they are a route of their own, with a limit.
TEST_F(StoreTest, answers_that_something_is_missing_are_kept_within_their_own_limit) {
  const auto missing = store.route("/accounts/{id} 404", 10'000);
  for (int i = 0; i < 20; ++i) put("accounts:id=" + std::to_string(i), 1000);
  for (int i = 100; i < 1000; ++i) {
    EntryParts parts;
    parts.key = "accounts:id=" + std::to_string(i);
    parts.route = missing;
    parts.body = "{}";
    parts.status = 404;
    parts.created = start;
    ASSERT_EQ(store.put(Entry::make(std::move(parts), stamp_of(table, {"accounts"})), start), Put::kept);
  }
  EXPECT_LE(missing->bytes, 10'000U);
  EXPECT_EQ(route->entries, 20U);
  const EntryPtr last = store.find("accounts:id=999", *route, start);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->status(), 404);
  table.change(feed::table_tag("accounts").id, 2);  // somebody made it
  EXPECT_EQ(store.find("accounts:id=999", *route, start), nullptr);
}

struct StaleStoreTest : StoreTest {
  EntryPtr put_for_a_second(const std::string& body, Clock::time_point at) {
    EntryPtr entry =
        entry_of("a", route, body, stamp_of(table, {"t"}), std::chrono::seconds(1), std::chrono::seconds(60), at);
    store.put(entry, at);
    return entry;
  }
};

TEST_F(StaleStoreTest, whose_time_is_over_is_found_only_by_who_takes_the_stale) {
  const EntryPtr entry = put_for_a_second("x", start);
  const auto late = start + std::chrono::seconds(2);
  EXPECT_EQ(store.find("a", *route, late), nullptr);
  const Found first = store.find_or_stale("a", *route, late);
  EXPECT_EQ(first.entry, entry);
  EXPECT_TRUE(first.stale);
  EXPECT_TRUE(first.refresh);
  const Found second = store.find_or_stale("a", *route, late);
  EXPECT_TRUE(second.stale);
  EXPECT_FALSE(second.refresh);
  EXPECT_EQ(route->stale, 2U);
  EXPECT_EQ(route->misses, 1U);
  EXPECT_EQ(store.find_or_stale("a", *route, start + std::chrono::seconds(62)).entry, nullptr);
}

TEST_F(StaleStoreTest, nothing_is_stale_once_it_has_changed) {
  put_for_a_second("x", start);
  table.change(feed::table_tag("t").id, 2);
  EXPECT_EQ(store.find_or_stale("a", *route, start + std::chrono::seconds(2)).entry, nullptr);
  EXPECT_EQ(store.figures().entries, 0U);
}

TEST_F(StaleStoreTest, a_route_learns_from_successors_how_often_it_changes) {
  using std::chrono::minutes, std::chrono::seconds;
  auto at = start;
  for (int i = 0; i < 30; ++i) put_for_a_second("same", at += seconds(10));
  const auto calm = route->changes.ttl(seconds(1), minutes(60));
  EXPECT_GT(calm, seconds(20));
  for (int i = 0; i < 30; ++i) put_for_a_second(std::to_string(i), at += seconds(10));
  EXPECT_LT(route->changes.ttl(seconds(1), minutes(60)), seconds(5));
}

TEST_F(StaleStoreTest, a_route_learns_nothing_from_what_a_tag_killed) {
  using std::chrono::seconds;
  for (feed::Position at = 1; at < 30; ++at) {
    table.change(feed::table_tag("t").id, at);
    store.put(entry_of("a", route, std::to_string(at), stamp_of(table, {"t"}, at), seconds(1), seconds(60),
                       start + seconds(at)),
              start + seconds(at));
  }
  EXPECT_EQ(route->fills, 29U);
  EXPECT_EQ(route->changes.ttl(seconds(7), seconds(70)), seconds(7));
}

TEST_F(StoreTest, knows_the_targets_that_are_asked_for_most) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = std::to_string(i);
    ASSERT_TRUE(store.add_alias("/a?" + name, put("a" + name)));
    for (int hit = 0; hit < i * 10; ++hit) store.note_hit("/a?" + name, *store.find_alias("/a?" + name, start));
  }
  const auto hottest = store.hot_targets().hottest(3);
  ASSERT_EQ(hottest.size(), 3U);
  EXPECT_EQ(hottest[0].target.substr(0, 4), "/a?1");
  EXPECT_GE(hottest[0].score, 128U);
  EXPECT_TRUE(store.has_alias("/a?3", start));
  table.change(feed::table_tag("t").id, 2);
  EXPECT_FALSE(store.has_alias("/a?3", start));
  EXPECT_EQ(store.hot_targets().hottest(3).size(), 3U) << "they are known beyond their death";
}

TEST_F(StoreTest, the_dead_go_before_those_that_were_never_asked_for) {
  for (int i = 0; i < 100; ++i) {
    const EntryPtr dead =
        entry_of("dead-" + std::to_string(i), route, std::string(5000, 'x'), stamp_of(table, {"gone"}));
    store.put(dead, start);
    for (int hit = 0; hit < 3; ++hit) dead->count_hit();
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
    // Larger bodies are not the allocator's (body_arena_test.cpp).
    const EntryPtr entry =
        entry_of(name, route, std::string(random() % Body::large, 'x'), stamp_of(table, {"shared", name}));
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

TEST(StoreBytes, of_a_tag_that_many_share_stay_counted_when_the_first_of_them_goes) {
  feed::TagTable table;
  Store store(StoreOptions{.bytes_max = std::size_t{64} << 20U, .shards = 1});
  const auto route = store.route("/r");
  const std::string tag(2000, 't');
  for (const char* const key : {"a", "b", "c"}) {
    ASSERT_EQ(store.put(entry_of(key, route, "x", stamp_of(table, {tag})), start), Put::kept);
  }
  const std::size_t all = store.figures().bytes;
  EXPECT_TRUE(store.erase("a"));
  EXPECT_GT(store.figures().bytes, all - 1000);
  EXPECT_TRUE(store.erase("b"));
  EXPECT_TRUE(store.erase("c"));
  EXPECT_LT(store.figures().bytes, all - 2000);
}

}  // namespace
}  // namespace freshet::cache
