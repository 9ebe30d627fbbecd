#include "cache/entry.hpp"

#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "builders.hpp"

namespace freshet::cache {
namespace {

using std::chrono::milliseconds;

struct EntryTest : testing::Test {
  feed::TagTable table;
  std::shared_ptr<Route> route = std::make_shared<Route>("/accounts", 0);
};

TEST_F(EntryTest, dies_when_what_it_depends_on_changes) {
  const EntryPtr entry = entry_of("k", route, "{}", stamp_of(table, {"a", "b"}, 5));
  table.change(feed::table_tag("c").id, 6);
  EXPECT_TRUE(entry->alive(start));
  table.change(feed::table_tag("b").id, 6);
  EXPECT_FALSE(entry->alive(start));
}

TEST_F(EntryTest, dies_when_everything_changes_or_is_invalidated_by_hand) {
  const EntryPtr first = entry_of("k", route, "{}", stamp_of(table, {}, 5));
  table.change_everything(6);
  EXPECT_FALSE(first->alive(start));
  const EntryPtr second = entry_of("k", route, "{}", stamp_of(table, {"a"}, 6));
  EXPECT_TRUE(second->alive(start));
  EXPECT_TRUE(table.invalidate(feed::table_tag("a").id));
  EXPECT_FALSE(second->alive(start));
}

TEST_F(EntryTest, expires_within_the_last_tenth_of_its_time) {
  std::set<Clock::time_point> times;
  for (int i = 0; i < 1000; ++i) {
    const EntryPtr entry = entry_of("k" + std::to_string(i), route, "{}", stamp_of(table, {}), milliseconds(10'000));
    EXPECT_TRUE(entry->alive(start + milliseconds(8'999)));
    EXPECT_FALSE(entry->alive(start + milliseconds(10'000)));
    times.insert(entry->expiry());
  }
  EXPECT_GT(times.size(), 500U);
}

TEST_F(EntryTest, is_stale_after_its_time_but_never_after_a_change) {
  const EntryPtr entry = entry_of("k", route, "{}", stamp_of(table, {"a"}), milliseconds(1000), milliseconds(5000));
  EXPECT_EQ(entry->freshness(start), Freshness::fresh);
  EXPECT_EQ(entry->freshness(entry->expiry()), Freshness::stale);
  EXPECT_FALSE(entry->alive(entry->expiry()));
  EXPECT_EQ(entry->freshness(entry->expiry() + milliseconds(5000)), Freshness::dead);
  table.change(feed::table_tag("a").id, 2);
  EXPECT_EQ(entry->freshness(start), Freshness::dead);
  EXPECT_EQ(entry->freshness(entry->expiry()), Freshness::dead);
}

TEST_F(EntryTest, lets_one_refresh_and_another_if_that_one_does_not_return) {
  const EntryPtr entry = entry_of("k", route, "{}", stamp_of(table, {}), milliseconds(1000), milliseconds(60'000));
  const auto late = entry->expiry();
  EXPECT_TRUE(entry->begin_refresh(late));
  EXPECT_FALSE(entry->begin_refresh(late + milliseconds(9'999)));
  EXPECT_TRUE(entry->begin_refresh(late + Entry::refresh_lease));
}

TEST_F(EntryTest, lets_go_of_its_tags) {
  EntryPtr entry = entry_of("k", route, "{}", stamp_of(table, {"a", "b"}));
  EXPECT_EQ(table.size(), 2U);
  entry.reset();
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(EntryTest, counts_its_hits) {
  const EntryPtr entry = entry_of("k", route, "{}", stamp_of(table, {}));
  for (int i = 0; i < 5; ++i) entry->count_hit();
  EXPECT_EQ(entry->hits(), 5U);
}

TEST_F(EntryTest, gives_each_coding_one_turn_at_a_time) {
  const EntryPtr entry = entry_of("k", route, "{}", stamp_of(table, {}));
  std::optional<CodingTurn> first(std::in_place, entry, Coding::br);
  EXPECT_TRUE(first->mine());
  {
    const CodingTurn second(entry, Coding::br);
    EXPECT_FALSE(second.mine());
    EXPECT_TRUE(CodingTurn(entry, Coding::gzip).mine());
  }
  EXPECT_FALSE(CodingTurn(entry, Coding::br).mine());  // what was not the second's is not given back by it
  first.reset();
  EXPECT_TRUE(CodingTurn(entry, Coding::br).mine());
}

}  // namespace
}  // namespace freshet::cache
