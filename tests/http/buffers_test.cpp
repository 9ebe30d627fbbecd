#include "http/buffers.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace freshet::http {
namespace {

TEST(InputBuffer, keeps_what_is_unread_while_it_grows_and_moves) {
  InputBuffer buffer;
  std::string expected;
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const std::string more(random() % 700, static_cast<char>('a' + i % 26));
    buffer.append(more);
    expected += more;
    const std::size_t take = random() % (expected.size() + 1);
    buffer.consume(take);
    expected.erase(0, take);
    ASSERT_EQ(buffer.unread(), expected);
  }
}

TEST(InputBuffer, forgets_the_end) {
  InputBuffer buffer;
  buffer.append("0123456789");
  buffer.consume(2);
  buffer.truncate(3);
  EXPECT_EQ(buffer.unread(), "234");
}

std::string all_of(Output::Pieces pieces) {
  std::string text;
  for (const auto& piece : pieces) text.append(static_cast<const char*>(piece.data()), piece.size());
  return text;
}

TEST(Output, sends_everything_in_order_however_little_is_taken_at_a_time) {
  std::mt19937 random(11);
  for (std::size_t step : {97U, 1001U, 4096U, 5000U, 1'000'000U}) {
    Output output;
    std::string expected;
    for (int i = 0; i < 40; ++i) {
      const std::string head = "head" + std::to_string(i);
      std::string body(random() % 3 == 0 ? 5000 + random() % 9000 : random() % 100, static_cast<char>('a' + i % 26));
      output.text().append(head);
      expected += head + body;
      output.add(std::make_shared<const std::string>(std::move(body)));
    }
    ASSERT_EQ(output.size(), expected.size());
    std::string taken;
    while (!output.empty()) {
      const std::string offered = all_of(output.gather());
      ASSERT_FALSE(offered.empty());
      const std::size_t count = std::min(step, offered.size());
      taken += offered.substr(0, count);
      output.sent(count);
    }
    EXPECT_EQ(taken, expected) << step;
  }
}

TEST(Output, does_not_copy_large_bodies) {
  const auto body = std::make_shared<const std::string>(100'000, 'x');
  Output output;
  output.text().append("head");
  output.add(body);
  const Output::Pieces pieces = output.gather();
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[1].data(), body->data());
  EXPECT_EQ(body.use_count(), 2);
  output.sent(100'004);
  EXPECT_EQ(body.use_count(), 1) << "it is let go when it has left";
}

}  // namespace
}  // namespace freshet::http
