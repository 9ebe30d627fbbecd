#include "http/encoding_job.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "http/decoding.hpp"

namespace freshet::http::test {
namespace {

TEST(EncodingJob, encodes_a_body_of_many_steps) {
  const std::string body = rows(1'000'000);
  for (const Coding coding : {Coding::br, Coding::zstd, Coding::gzip}) {
    EncodingJob job(coding, 4, std::string_view(body));
    EXPECT_EQ(job.input_bytes(), body.size());
    job.run();
    ASSERT_FALSE(job.failure());
    bool whole = false;
    EXPECT_TRUE(decode(coding, job.take_output().view(), whole) == body);
    EXPECT_TRUE(whole);
    EXPECT_TRUE(view(job.take_input()) == body);
  }
}

TEST(EncodingJob, a_piece_can_be_decoded_when_it_was_flushed) {
  const std::string body = rows(600'000);
  const std::shared_ptr<Encoder> encoder = make_encoder(Coding::zstd, 4);
  Bytes piece;
  piece.append(body);
  EncodingJob job(encoder, Encoder::Until::flush, std::move(piece));
  job.run();
  bool whole = true;
  EXPECT_TRUE(decode(Coding::zstd, job.take_output().view(), whole) == body);
  EXPECT_FALSE(whole);
}

TEST(EncodingJob, that_was_stopped_says_so_and_gives_its_input_back) {
  EncodingJob job(Coding::gzip, 4, std::string_view("abc"));
  job.stop();
  job.run();
  ASSERT_TRUE(job.failure());
  try {
    std::rethrow_exception(job.failure());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  EXPECT_EQ(view(job.take_input()), "abc");
}

TEST(EncodingJob, tells_of_what_the_library_cannot_do) {
  EncodingJob job(Coding::identity, 4, std::string_view("abc"));
  job.run();
  EXPECT_TRUE(job.failure());
}

}  // namespace
}  // namespace freshet::http::test
