// When a stamp holds, and when it must not.

#include "feed/tag_table.hpp"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

namespace freshet::feed {
namespace {

const Shape by_month{"transactions", {"month"}};

std::vector<Tag> month(const std::string& value) { return {piece_tag(by_month, {"t" + value})}; }

Stamp stamp(TagTable& table, std::vector<Tag> tags, Position at) {
  std::optional<Stamp> sealed = PendingStamp(table, std::move(tags)).seal(at);
  EXPECT_TRUE(sealed.has_value());
  return std::move(*sealed);
}

TEST(Tags, names_are_readable_and_ids_follow_the_names) {
  EXPECT_EQ(month("2025-01").front().text, "transactions[month=2025-01]");
  EXPECT_EQ(month("2025-01").front().id, month("2025-01").front().id);
  EXPECT_NE(month("2025-01").front().id, month("2025-02").front().id);
  EXPECT_NE(table_tag("transactions").id, manual_tag("transactions").id);
  const Shape both{"t", {"a", "b"}};
  EXPECT_NE(piece_tag(both, {"tx", "ty"}).id, piece_tag(both, {"tx,b=y", "t"}).id);
}

TEST(Stamps, a_change_to_a_tag_kills_those_older_than_it_and_no_others) {
  TagTable table;
  const Stamp january = stamp(table, month("2025-01"), 5);
  const Stamp february = stamp(table, month("2025-02"), 5);
  table.change(month("2025-01").front().id, 5);
  EXPECT_TRUE(january.holds()) << "the answer shows the change at 5";
  table.change(month("2025-01").front().id, 6);
  EXPECT_FALSE(january.holds());
  EXPECT_TRUE(february.holds());
}

TEST(Stamps, one_changed_tag_of_several_is_enough) {
  TagTable table;
  std::vector<Tag> tags = month("2025-01");
  tags.push_back(table_tag("budget"));
  const Stamp both = stamp(table, std::move(tags), 1);
  table.change(table_tag("budget").id, 2);
  EXPECT_FALSE(both.holds());
}

TEST(Stamps, changes_told_out_of_order_count_by_the_highest) {
  TagTable table;
  const Stamp older = stamp(table, month("2025-01"), 8);
  table.change(month("2025-01").front().id, 9);
  table.change(month("2025-01").front().id, 7);
  EXPECT_FALSE(older.holds());
}

TEST(Stamps, none_is_given_to_a_fill_that_read_less_than_was_told_before_its_tags_were_pinned) {
  TagTable table;
  table.applied(10);  // changes up to 10 found no slot
  EXPECT_FALSE(PendingStamp(table, month("2025-01")).seal(9).has_value());
  EXPECT_TRUE(PendingStamp(table, month("2025-01")).seal(10).has_value());
}

TEST(Stamps, none_is_given_to_a_fill_that_something_overtook) {
  TagTable table;
  PendingStamp overtaken(table, month("2025-01"));
  table.change(month("2025-01").front().id, 4);
  EXPECT_FALSE(std::move(overtaken).seal(3).has_value());
  PendingStamp by_hand(table, month("2025-01"));
  EXPECT_TRUE(table.invalidate(month("2025-01").front().id));
  EXPECT_FALSE(std::move(by_hand).seal(9).has_value());
  PendingStamp with_all(table, month("2025-02"));
  table.invalidate_everything();
  EXPECT_FALSE(std::move(with_all).seal(9).has_value());
}

TEST(Stamps, changing_everything_kills_what_is_older_and_leaves_what_is_not) {
  TagTable table;
  const Stamp older = stamp(table, month("2025-01"), 3);
  const Stamp newer = stamp(table, month("2025-01"), 4);
  const Stamp without_tags = stamp(table, {}, 3);
  table.change_everything(4);
  EXPECT_FALSE(older.holds());
  EXPECT_FALSE(without_tags.holds());
  EXPECT_TRUE(newer.holds());
}

TEST(Stamps, a_change_of_any_row_kills_all_pieces_of_the_table_and_nothing_else) {
  TagTable table;
  const Stamp older = stamp(table, month("2025-01"), 3);
  const Stamp newer = stamp(table, month("2025-01"), 5);
  const Stamp whole = stamp(table, {table_tag("transactions")}, 3);
  const Stamp other = stamp(table, {table_tag("other")}, 3);
  const Stamp manual = stamp(table, {manual_tag("budget")}, 3);
  table.change_table(table_tag("transactions").id, 4);
  EXPECT_FALSE(older.holds());
  EXPECT_FALSE(whole.holds());
  EXPECT_TRUE(newer.holds());
  EXPECT_TRUE(other.holds());
  EXPECT_TRUE(manual.holds());
}

TEST(Stamps, invalidating_by_hand_kills_whatever_the_position) {
  TagTable table;
  const Stamp one = stamp(table, {manual_tag("budget")}, 1'000);
  EXPECT_FALSE(table.invalidate(table_tag("budget").id)) << "a table's name is not a manual one";
  EXPECT_TRUE(one.holds());
  EXPECT_TRUE(table.invalidate(manual_tag("budget").id));
  EXPECT_FALSE(one.holds());
}

TEST(TagTable, slots_live_as_long_as_somebody_holds_them) {
  TagTable table;
  {
    const Stamp one = stamp(table, month("2025-01"), 1);
    const Stamp two = stamp(table, month("2025-01"), 1);
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(one.tag(0).holders.load(), 2U);
  }
  EXPECT_EQ(table.size(), 0U);
  table.change(month("2025-01").front().id, 2);
  EXPECT_EQ(table.size(), 0U) << "a change that concerns nobody leaves nothing behind";
  EXPECT_FALSE(table.invalidate(month("2025-01").front().id));
}

TEST(TagTable, how_often_a_tag_changed_is_known_when_nobody_holds_it_any_more) {
  TagTable table;
  for (Position at = 1; at <= 3; ++at) {
    const Stamp held = stamp(table, month("2025-01"), at);
    table.change(month("2025-01").front().id, at + 1);
    table.applied(at + 1);
  }
  std::vector<std::uint64_t> counts;
  table.each_changed([&](const TagTable::Changed& tag) {
    EXPECT_EQ(tag.text, "transactions[month=2025-01]");
    EXPECT_EQ(tag.holders, 0U);
    counts.push_back(tag.changes);
  });
  EXPECT_EQ(counts, std::vector<std::uint64_t>{3});
}

TEST(TagTable, only_so_many_tags_that_nobody_holds_are_remembered) {
  TagTable table;
  const auto change = [&](int name, int times) {
    const Stamp held = stamp(table, month(std::to_string(name)), table.applied());
    for (int i = 0; i < times; ++i) table.change(month(std::to_string(name)).front().id, table.applied() + 1);
  };
  change(-1, 3);
  const std::size_t bytes_of_one = table.bytes();
  for (int name = 0; name < 20'000; ++name) change(name, 1);
  std::size_t tags = 0;
  std::uint64_t most = 0;
  table.each_changed([&](const TagTable::Changed& tag) {
    ++tags;
    most = std::max(most, tag.changes);
  });
  EXPECT_LE(tags, 64U * 64U);
  EXPECT_GT(tags, 3000U);
  EXPECT_EQ(most, 3U) << "what changed most stays";
  EXPECT_LE(table.bytes(), 2 * bytes_of_one * tags);
}

TEST(TagTable, what_was_applied_never_goes_back) {
  TagTable table;
  table.applied(7);
  table.applied(3);
  EXPECT_EQ(table.applied(), 7U);
}

}  // namespace
}  // namespace freshet::feed
