#include "db/redis/reply_parser.hpp"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/redis/request.hpp"

namespace freshet::db::redis {
namespace {

using namespace std::string_view_literals;

// Every kind of reply, nested, empty, nil, with bytes that look like structure.
const std::string every_kind =
    "+OK\r\n-ERR no\r\n:42\r\n:-7\r\n$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
    "*3\r\n$3\r\nfoo\r\n*2\r\n:1\r\n$-1\r\n+x\r\n";

std::vector<Reply> read_all(ReplyParser& parser) {
  std::vector<Reply> replies;
  while (true) {
    Expected<std::optional<Reply>> reply = parser.next();
    if (!reply) throw Error(reply.error());
    if (!*reply) return replies;
    replies.push_back(**std::move(reply));
  }
}

std::vector<Reply> parse_cut_at(const std::string& bytes, std::size_t cut) {
  ReplyParser parser{ReplyLimits{}};
  parser.feed(std::string_view(bytes).substr(0, cut));
  std::vector<Reply> replies = read_all(parser);
  parser.feed(std::string_view(bytes).substr(cut));
  for (Reply& reply : read_all(parser)) replies.push_back(std::move(reply));
  return replies;
}

TEST(ReplyParserTest, every_kind_of_reply_is_read) {
  const std::vector<Reply> replies = parse_cut_at(every_kind, 0);
  ASSERT_EQ(replies.size(), 10U);
  EXPECT_TRUE(replies[0].is_ok());
  EXPECT_TRUE(replies[1].is_error());
  EXPECT_EQ(replies[1].text, "ERR no");
  EXPECT_EQ(replies[2].integer, 42);
  EXPECT_EQ(replies[3].integer, -7);
  EXPECT_EQ(replies[4].text, "he\r\no");
  EXPECT_TRUE(replies[5].is_string() && replies[5].text.empty());
  EXPECT_TRUE(replies[6].is_nil());
  EXPECT_TRUE(replies[7].is_nil());
  EXPECT_TRUE(replies[8].is_array() && replies[8].items.empty());
  ASSERT_EQ(replies[9].items.size(), 3U);
  EXPECT_EQ(replies[9].items[0].text, "foo");
  EXPECT_EQ(replies[9].items[1].items.at(0).integer, 1);
  EXPECT_TRUE(replies[9].items[1].items.at(1).is_nil());
  EXPECT_EQ(replies[9].items[2].type, Reply::Type::status);
}

TEST(ReplyParserTest, it_does_not_matter_where_the_bytes_are_cut) {
  const std::vector<Reply> whole = parse_cut_at(every_kind, 0);
  for (std::size_t cut = 1; cut <= every_kind.size(); ++cut) EXPECT_EQ(parse_cut_at(every_kind, cut), whole) << cut;
}

TEST(ReplyParserTest, bytes_that_come_one_by_one_are_read_as_well) {
  const std::vector<Reply> whole = parse_cut_at(every_kind, 0);
  ReplyParser parser{ReplyLimits{}};
  std::vector<Reply> replies;
  for (const char byte : every_kind) {
    parser.feed({&byte, 1});
    for (Reply& reply : read_all(parser)) replies.push_back(std::move(reply));
  }
  EXPECT_EQ(replies, whole);
}

TEST(ReplyParserTest, what_is_no_reply_is_an_error_and_stays_one) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "*1\r\nx", "$abc\r\n", ":1x\r\n", "*99999999999\r\n"}) {
    ReplyParser parser{ReplyLimits{}};
    parser.feed(bytes);
    const Expected<std::optional<Reply>> reply = parser.next();
    ASSERT_FALSE(reply) << bytes;
    EXPECT_EQ(reply.error().kind(), ErrorKind::unavailable);
    parser.feed("+OK\r\n");
    EXPECT_FALSE(parser.next()) << bytes;
  }
}

TEST(ReplyParserTest, replies_beyond_the_limits_are_an_error_before_they_take_memory) {
  const ReplyLimits limits{.bytes_max = 1000, .items_max = 10};
  ReplyParser many(limits);
  many.feed("*11\r\n");
  EXPECT_FALSE(many.next());
  ReplyParser nested(limits);
  nested.feed("*1\r\n*11\r\n");
  EXPECT_FALSE(nested.next());
  ReplyParser deep(limits);
  for (int i = 0; i < 20; ++i) deep.feed("*1\r\n");
  EXPECT_FALSE(deep.next());
  ReplyParser large(limits);
  large.feed("$100000\r\n");
  for (int i = 0; i < 11; ++i) large.feed(std::string(99, 'x'));
  EXPECT_FALSE(large.next());
  ReplyParser long_run(limits);  // many that are small are none that is large
  for (int i = 0; i < 1000; ++i) {
    long_run.feed("$10\r\n0123456789\r\n");
    EXPECT_TRUE(long_run.next().value().has_value());
  }
}

// Bytes changed, cut and put together at random: never anything but replies, a wait for more, or an error.
TEST(ReplyParserTest, broken_bytes_never_do_harm) {
  std::minstd_rand random(7);
  const ReplyLimits limits{.bytes_max = 10'000, .items_max = 100};
  std::size_t broken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = every_kind;
    for (int change = 0; change < 3; ++change) {
      const std::size_t at = random() % bytes.size();
      if (random() % 3 == 0) {
        bytes.erase(at, random() % 4);
      } else {
        bytes[at] = "*$+-:0123456789\r\nx"[random() % 18];
      }
    }
    ReplyParser parser(limits);
    try {
      parser.feed(std::string_view(bytes).substr(0, bytes.size() / 2));
      static_cast<void>(read_all(parser));
      parser.feed(std::string_view(bytes).substr(bytes.size() / 2));
      static_cast<void>(read_all(parser));
    } catch (const Error&) {
      ++broken;
    }
  }
  EXPECT_GT(broken, 1000U);
}

TEST(RedisRequestTest, arguments_are_binary_safe_and_commands_stand_in_line) {
  Request request("SET", std::string_view("k\r\n\0", 4), "");
  request.add("PEXPIRE", "k", -5);
  EXPECT_EQ(request.commands(), 2U);
  EXPECT_EQ(request.bytes(),
            "*3\r\n$3\r\nSET\r\n$4\r\nk\r\n\0\r\n$0\r\n\r\n*3\r\n$7\r\nPEXPIRE\r\n$1\r\nk\r\n$2\r\n-5\r\n"sv);
}

}  // namespace
}  // namespace freshet::db::redis
