#include "core/bytes.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(BytesTest, starts_empty_and_allocates_nothing) {
  const Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), 0U);
  EXPECT_EQ(bytes.view(), "");
}

TEST(BytesTest, appends_in_order_across_growth) {
  Bytes bytes;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    bytes.append(std::to_string(i));
    bytes.push_back(',');
    expected += std::to_string(i) + ',';
  }
  EXPECT_EQ(bytes.view(), expected);
}

TEST(BytesTest, appending_nothing_to_nothing_is_fine) {
  Bytes bytes;
  bytes.append({});
  EXPECT_TRUE(bytes.empty());
}

TEST(BytesTest, what_is_prepared_counts_only_once_committed) {
  Bytes bytes;
  char* room = bytes.prepare(3);
  room[0] = 'a';
  room[1] = 'b';
  EXPECT_EQ(bytes.size(), 0U);
  bytes.commit(2);
  EXPECT_EQ(bytes.view(), "ab");
}

TEST(BytesTest, one_large_append_grows_at_once) {
  Bytes bytes;
  bytes.append("x");
  bytes.append(std::string(1'000'000, 'y'));
  EXPECT_EQ(bytes.size(), 1'000'001U);
  EXPECT_EQ(bytes.view().back(), 'y');
  EXPECT_EQ(bytes.view().front(), 'x');
}

TEST(BytesTest, reserve_never_shrinks_and_keeps_the_content) {
  Bytes bytes;
  bytes.append("kept");
  bytes.reserve(10'000);
  const std::size_t capacity = bytes.capacity();
  bytes.reserve(1);
  EXPECT_GE(capacity, 10'000U);
  EXPECT_EQ(bytes.capacity(), capacity);
  EXPECT_EQ(bytes.view(), "kept");
}

TEST(BytesTest, clearing_and_truncating_keep_the_memory) {
  Bytes bytes;
  bytes.append("abcdef");
  const std::size_t capacity = bytes.capacity();
  bytes.truncate(2);
  EXPECT_EQ(bytes.view(), "ab");
  bytes.clear();
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), capacity);
}

TEST(BytesTest, moving_leaves_an_empty_buffer_that_can_be_used_again) {
  Bytes first;
  first.append("content");
  Bytes second = std::move(first);
  EXPECT_EQ(second.view(), "content");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the contract under test
  first.append("again");
  EXPECT_EQ(first.view(), "again");

  second = std::move(first);
  EXPECT_EQ(second.view(), "again");
  EXPECT_EQ(first.capacity(), 0U);  // NOLINT(bugprone-use-after-move)
}

}  // namespace
}  // namespace freshet
