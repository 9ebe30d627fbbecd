#include "http/content_coding.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "http/decoding.hpp"

namespace freshet::http::test {
namespace {

class ContentCoding : public testing::TestWithParam<Coding> {};

TEST_P(ContentCoding, whole_bodies_come_back_at_every_level) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{1024}, std::size_t{700'000}}) {
    const std::string body = rows(size);
    for (const int level : {1, 4, 9}) {
      const Bytes encoded = encode(GetParam(), level, body);
      bool whole = false;
      EXPECT_EQ(decode(GetParam(), encoded.view(), whole), body);
      EXPECT_TRUE(whole);
      if (size > 1000) {
        EXPECT_LT(encoded.size(), body.size() / 2) << level;
      }
    }
  }
}

TEST_P(ContentCoding, what_does_not_shrink_and_what_is_empty_come_back_too) {
  std::string noise;
  std::uint32_t x = 1;
  for (int i = 0; i < 100'000; ++i) noise.push_back(static_cast<char>((x = x * 1'664'525 + 1'013'904'223) >> 24));
  for (const std::string& body : {noise, std::string()}) {
    bool whole = false;
    EXPECT_EQ(decode(GetParam(), encode(GetParam(), 4, body).view(), whole), body);
    EXPECT_TRUE(whole);
  }
}

TEST_P(ContentCoding, a_flush_lets_everything_so_far_be_decoded_and_the_end_is_marked) {
  const std::unique_ptr<Encoder> encoder = make_encoder(GetParam(), 4);
  Bytes out;
  std::string sent;
  for (int i = 0; i < 20; ++i) {
    const std::string piece = rows(100 * static_cast<std::size_t>(i) + 10);
    sent += piece;
    encoder->encode(piece, i % 3 == 2 ? Encoder::Until::flush : Encoder::Until::more, out);
    bool whole = true;
    const std::string got = decode(GetParam(), out.view(), whole);
    EXPECT_FALSE(whole);
    if (i % 3 == 2) {
      EXPECT_EQ(got, sent);
    }
  }
  encoder->encode({}, Encoder::Until::end, out);
  bool whole = false;
  EXPECT_EQ(decode(GetParam(), out.view(), whole), sent);
  EXPECT_TRUE(whole);
}

TEST_P(ContentCoding, pieces_larger_than_what_a_library_keeps_come_back) {
  const std::unique_ptr<Encoder> encoder = make_encoder(GetParam(), 4);
  const std::string piece = rows(300'000);
  Bytes out;
  std::string sent;
  for (int i = 0; i < 8; ++i) {
    encoder->encode(piece, Encoder::Until::more, out);
    sent += piece;
  }
  encoder->encode({}, Encoder::Until::end, out);
  bool whole = false;
  EXPECT_TRUE(decode(GetParam(), out.view(), whole) == sent);
  EXPECT_TRUE(whole);
}

INSTANTIATE_TEST_SUITE_P(Codecs, ContentCoding, testing::Values(Coding::br, Coding::zstd, Coding::gzip),
                         [](const auto& each) { return std::string(to_string(each.param)); });

TEST(ContentCodingOfIdentity, has_no_encoder) { EXPECT_THROW((void)make_encoder(Coding::identity, 4), Error); }

}  // namespace
}  // namespace freshet::http::test
