#include "cache/redis/message_pack.hpp"

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

using namespace std::string_view_literals;

std::string written(auto&& write) {
  std::string out;
  MessagePackWriter writer(out);
  write(writer);
  return out;
}

// From the specification: msgpack.org.
TEST(MessagePackTest, values_are_written_in_their_shortest_form) {
  const auto number = [](std::uint64_t value) { return written([&](auto& out) { out.unsigned_integer(value); }); };
  EXPECT_EQ(number(0), "\x00"sv);
  EXPECT_EQ(number(127), "\x7f"sv);
  EXPECT_EQ(number(128), "\xcc\x80"sv);
  EXPECT_EQ(number(256), "\xcd\x01\x00"sv);
  EXPECT_EQ(number(65'536), "\xce\x00\x01\x00\x00"sv);
  EXPECT_EQ(number(std::uint64_t{1} << 32U), "\xcf\x00\x00\x00\x01\x00\x00\x00\x00"sv);
  EXPECT_EQ(written([](auto& out) { out.text("abc"); }),
            "\xa3"
            "abc"sv);
  EXPECT_EQ(written([](auto& out) { out.text(std::string(32, 'x')); }).substr(0, 3), "\xd9\x20x"sv);
  EXPECT_EQ(written([](auto& out) { out.text(std::string(256, 'x')); }).substr(0, 4), "\xda\x01\x00x"sv);
  EXPECT_EQ(written([](auto& out) { out.bytes("\xff"); }), "\xc4\x01\xff"sv);
  EXPECT_EQ(written([](auto& out) { out.bytes(std::string(65'536, 'x')); }).substr(0, 6), "\xc6\x00\x01\x00\x00x"sv);
  EXPECT_EQ(written([](auto& out) { out.array(2); }), "\x92"sv);
  EXPECT_EQ(written([](auto& out) { out.array(16); }), "\xdc\x00\x10"sv);
}

TEST(MessagePackTest, what_was_written_is_read_at_every_size) {
  for (const std::size_t size : {0, 1, 31, 32, 127, 128, 255, 256, 65'535, 65'536, 100'000}) {
    const std::string text(size, 'x');
    const std::string bytes = written([&](auto& out) {
      out.unsigned_integer(size);
      out.text(text);
      out.bytes(text);
      out.array(size);
    });
    MessagePackReader reader(bytes);
    EXPECT_EQ(reader.unsigned_integer(), size);
    EXPECT_EQ(reader.text(), text);
    EXPECT_EQ(reader.bytes(), text);
    EXPECT_EQ(reader.array(), size);
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(MessagePackTest, what_is_cut_off_or_of_another_type_is_no_value) {
  const std::string bytes = written([](auto& out) { out.text("abcdef"); });
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(MessagePackReader(std::string_view(bytes).substr(0, size)).text());
  }
  EXPECT_FALSE(MessagePackReader(bytes).bytes());
  EXPECT_FALSE(MessagePackReader(bytes).unsigned_integer());
  EXPECT_FALSE(MessagePackReader(bytes).array());
  EXPECT_FALSE(MessagePackReader("\xc6\xff\xff\xff\xff"
                                 "abc"sv)
                   .bytes());
  EXPECT_FALSE(MessagePackReader("\xcf\x00"sv).unsigned_integer());
  EXPECT_FALSE(MessagePackReader(""sv).array());
}

}  // namespace
}  // namespace freshet::cache
