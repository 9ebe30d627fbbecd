#include "cache/redis/record_codec.hpp"

#include <random>

#include <gtest/gtest.h>

#include "cache/redis/message_pack.hpp"

#include "records.hpp"

namespace freshet::cache {
namespace {

constexpr std::size_t bytes_max = 1'000'000;

TEST(RecordCodecTest, a_record_comes_back_as_it_was) {
  RecordCodec codec(bytes_max);
  Record record = test::record_of("dashboard:month=2025-01:summary", "{}");
  record.stamp = std::string("\0\xff:12:15:13", 11);
  record.status = 404;
  record.encoded_bodies = {{Coding::br, "abc"}, {Coding::zstd, std::string("\0", 1)}};
  EXPECT_EQ(codec.decode(codec.encode(record).value()), record);
  EXPECT_EQ(codec.decode(codec.encode(Record{}).value()), Record{});
}

TEST(RecordCodecTest, large_bodies_are_packed_and_those_that_cannot_shrink_are_not) {
  RecordCodec codec(bytes_max);
  const Record large = test::record_of("k", std::string(100'000, 'x'));
  const std::string packed = codec.encode(large).value();
  EXPECT_LT(packed.size(), 1'000U);
  EXPECT_EQ(codec.decode(packed), large);
  std::minstd_rand random(1);
  Record noise = test::record_of("k", "");
  for (int i = 0; i < 10'000; ++i) noise.body += static_cast<char>(random() >> 8U);
  const std::string plain = codec.encode(noise).value();
  EXPECT_LT(plain.size(), noise.body.size() + 200);
  EXPECT_EQ(codec.decode(plain), noise);
}

TEST(RecordCodecTest, what_is_larger_than_the_limit_is_not_written_and_not_read) {
  const Record large = test::record_of("k", std::string(2'000, 'x'));
  RecordCodec small(1'000);
  EXPECT_FALSE(small.encode(large));
  EXPECT_FALSE(small.decode(RecordCodec(bytes_max).encode(large).value()));  // 2,000 bytes out of a hundred
}

TEST(RecordCodecTest, a_record_that_is_cut_off_or_has_a_bit_changed_is_none) {
  RecordCodec codec(bytes_max);
  for (const std::size_t size : {10, 5'000}) {
    const std::string bytes = codec.encode(test::record_of("key", std::string(size, 'x'))).value();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_FALSE(codec.decode(std::string_view(bytes).substr(0, cut))) << cut;
    }
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string changed = bytes;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(codec.decode(changed)) << bit;
    }
    EXPECT_FALSE(codec.decode(bytes + "x"));
  }
}

TEST(RecordCodecTest, what_no_checksum_covers_is_read_as_it_was_written_or_not_at_all) {
  const Record record = test::record_of("key", "body");
  const std::string payload = write_record(record);
  EXPECT_EQ(read_record(payload), record);
  for (std::size_t cut = 0; cut < payload.size(); ++cut) EXPECT_FALSE(read_record(payload.substr(0, cut)));
  EXPECT_FALSE(read_record(payload + '\0'));
  std::string quoted = payload;
  quoted.replace(quoted.find("e7a9"), 1, "\"");  // would end the entity tag within the header
  EXPECT_FALSE(read_record(quoted));
}

TEST(RecordCodecTest, fingerprints_tell_records_apart) {
  RecordCodec codec(bytes_max);
  const std::string one = codec.encode(test::record_of("k", "1")).value();
  const std::string two = codec.encode(test::record_of("k", "2")).value();
  EXPECT_NE(RecordCodec::fingerprint(one), RecordCodec::fingerprint(two));
  EXPECT_EQ(RecordCodec::fingerprint(one), RecordCodec::fingerprint(one));
  EXPECT_EQ(RecordCodec::fingerprint("something else altogether"), 0U);
}

}  // namespace
}  // namespace freshet::cache
