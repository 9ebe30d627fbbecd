#include "http/request_parser.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::http {
namespace {

using Verdict = RequestParser::Verdict;
using namespace std::string_view_literals;

class RequestParserTest : public testing::Test {
 protected:
  // The status that refuses `bytes`, 0 if they are a whole head, 1 if more is needed.
  unsigned status_of(std::string_view bytes) {
    RequestParser fresh(limits);
    Request other;
    switch (fresh.head(bytes, other)) {
      case Verdict::complete:
        return 0;
      case Verdict::need_more:
        return 1;
      case Verdict::refused:
        return fresh.refusal().status;
    }
    return 2;
  }
  static std::string with(std::string_view lines) {
    return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n";
  }

  ParserLimits limits;
  RequestParser parser{limits};
  Request request;
};

TEST_F(RequestParserTest, reads_a_request) {
  const std::string bytes =
      "PATCH /a%20b?x=1&y HTTP/1.1\r\nHost: h:80\r\nX-Request-Id: me\r\nOrigin: https://o\r\n"
      "Content-Length: 5\r\nA:  spaced \t\r\n\r\nhello";
  ASSERT_EQ(parser.head(bytes, request), Verdict::complete);
  EXPECT_EQ(request.method, Method::patch);
  EXPECT_EQ(request.target, "/a%20b?x=1&y");
  EXPECT_EQ(request.path, "/a%20b");
  EXPECT_EQ(request.query, "x=1&y");
  EXPECT_EQ(request.header("a"), "spaced");
  EXPECT_EQ(request.headers.size(), 5U);
  const Framing& framing = parser.framing();
  EXPECT_EQ(framing.head_bytes, bytes.size() - 5);
  EXPECT_EQ(framing.content_length, 5U);
  EXPECT_EQ(framing.request_id, "me");
  EXPECT_EQ(framing.origin, "https://o");
  EXPECT_TRUE(framing.keep_alive);
  EXPECT_FALSE(framing.chunked);
}

TEST_F(RequestParserTest, reads_the_same_wherever_the_bytes_are_cut) {
  const std::string bytes = "\r\nGET /x HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    RequestParser fresh(limits);
    for (std::size_t size = step; size < bytes.size(); size += step) {
      ASSERT_EQ(fresh.head(std::string_view(bytes).substr(0, size), request), Verdict::need_more) << size;
    }
    ASSERT_EQ(fresh.head(bytes, request), Verdict::complete) << step;
    EXPECT_EQ(request.header("A"), "b");
    EXPECT_EQ(fresh.framing().head_bytes, bytes.size());
  }
}

TEST_F(RequestParserTest, can_be_used_again_after_reset) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(parser.head("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", request), Verdict::complete);
    EXPECT_EQ(request.headers.size(), 1U);
    parser.reset();
  }
}

TEST_F(RequestParserTest, knows_when_the_connection_stays) {
  const auto keeps = [&](std::string_view bytes) {
    RequestParser fresh(limits);
    EXPECT_EQ(fresh.head(bytes, request), Verdict::complete) << bytes;
    return fresh.framing().keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_F(RequestParserTest, takes_the_path_out_of_an_absolute_form) {
  ASSERT_EQ(parser.head("GET http://example.org:80/a/b?c HTTP/1.1\r\nHost: other\r\n\r\n", request), Verdict::complete);
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "c");
  parser.reset();
  ASSERT_EQ(parser.head("GET HTTPS://example.org?c HTTP/1.1\r\nHost: other\r\n\r\n", request), Verdict::complete);
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.query, "c");
}

TEST_F(RequestParserTest, refuses_targets_that_are_none) {
  EXPECT_EQ(status_of("GET x HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0U);
  EXPECT_EQ(status_of("GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET http://user@host/a HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET ftp://host/a HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), 501U);
  EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET / a HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"sv), 400U);
  EXPECT_EQ(status_of("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
}

TEST_F(RequestParserTest, refuses_what_two_parsers_could_frame_in_two_ways) {
  const std::vector<std::string> corpus{
      with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
      with("Content-Length: 5\r\nContent-Length: 5\r\n"),
      with("Content-Length: 5\r\nContent-Length: 6\r\n"),
      with("Content-Length: 5, 5\r\n"),
      with("Content-Length: 5,6\r\n"),
      with("Content-Length: +5\r\n"),
      with("Content-Length: -5\r\n"),
      with("Content-Length: 0x5\r\n"),
      with("Content-Length: 5 5\r\n"),
      with("Content-Length: \r\n"),
      with("Content-Length: 99999999999999999999999\r\n"),
      with("Content-Length: 5;a\r\n"),
      with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
      with("Transfer-Encoding : chunked\r\n"),
      with("Content-Length : 5\r\n"),
      with(" Content-Length: 5\r\n"),
      with("X: a\r\n Content-Length: 5\r\n"),
      with("X: a\r\n\tfolded\r\n"),
      with("X: a\nContent-Length: 5\r\n"),
      with("X: a\rContent-Length: 5\r\n"),
      with("X: a\0b\r\n"sv),
      with("X: a\x7f\r\n"),
      with(": empty\r\n"),
      with("no colon\r\n"),
      with("X\x80: a\r\n"),
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\nHost: h\n\n",
      "POST / HTTP/1.1\r\nHost: h\r\n\n",
      "POST / HTTP/1.1\r\n Host: h\r\n\r\n",
  };
  for (const std::string& bytes : corpus) EXPECT_EQ(status_of(bytes), 400U) << bytes;
}

TEST_F(RequestParserTest, knows_no_coding_but_chunked) {
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, chunked", "chunked, identity", "identity", "xchunked",
                             "\"chunked\"", "chunked;q=1"}) {
    EXPECT_GE(status_of(with("Transfer-Encoding: " + std::string(coding) + "\r\n")), 400U) << coding;
  }
  EXPECT_EQ(status_of(with("Transfer-Encoding: gzip, chunked\r\n")), 501U);
  EXPECT_EQ(status_of(with("Transfer-Encoding: Chunked\r\n")), 0U);
}

TEST_F(RequestParserTest, wants_exactly_one_sane_host) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), 0U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0U);
}

TEST_F(RequestParserTest, tells_other_versions_from_nonsense) {
  EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505U);
  EXPECT_EQ(status_of("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), 505U);
  EXPECT_EQ(status_of("GET / HTTP/0.9\r\nHost: h\r\n\r\n"), 505U);
  for (const char* version : {"HTTP/1", "HTTP/1.10", "HTTP/x.y", "http/1.1", "HTCPCP/1.0", "HTTP/1.1 ", ""}) {
    EXPECT_EQ(status_of("GET / " + std::string(version) + "\r\nHost: h\r\n\r\n"), 400U) << version;
  }
  EXPECT_EQ(status_of("GET /\r\n\r\n"), 400U);
}

TEST_F(RequestParserTest, refuses_other_protocols_at_the_first_byte) {
  EXPECT_EQ(status_of("\x16\x03\x01"), 400U);
  EXPECT_EQ(status_of("\0"sv), 400U);
  EXPECT_EQ(status_of("\xff\xfe"), 400U);
  EXPECT_EQ(status_of(" GET / HTTP/1.1"), 400U);
  EXPECT_EQ(status_of("G@T / HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
}

TEST_F(RequestParserTest, ignores_empty_lines_before_a_request_but_not_many) {
  EXPECT_EQ(status_of("\r"), 1U);
  EXPECT_EQ(status_of("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0U);
  EXPECT_EQ(status_of("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400U);
}

TEST_F(RequestParserTest, bounds_the_target_the_head_and_the_number_of_headers) {
  limits.target_bytes_max = 100;
  limits.header_bytes_max = 1000;
  limits.headers_max = 3;
  EXPECT_EQ(status_of("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 414U);
  EXPECT_EQ(status_of("GET /" + std::string(99, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 0U);
  EXPECT_EQ(status_of("GET /" + std::string(500, 'a')), 414U) << "without waiting for the end of the line";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(1000, 'a')), 431U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nA: a\r\nB: b\r\n\r\n"), 0U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nA: a\r\nB: b\r\nC: c\r\n"), 431U);
}

TEST_F(RequestParserTest, bounds_the_body_before_it_comes) {
  limits.body_bytes_max = 10;
  EXPECT_EQ(status_of(with("Content-Length: 10\r\n")), 0U);
  EXPECT_EQ(status_of(with("Content-Length: 11\r\n")), 413U);
}

TEST_F(RequestParserTest, knows_one_expectation) {
  ASSERT_EQ(parser.head(with("Expect: 100-Continue\r\nContent-Length: 1\r\n"), request), Verdict::complete);
  EXPECT_TRUE(parser.framing().expects_continue);
  EXPECT_EQ(status_of(with("Expect: the-unexpected\r\n")), 417U);
}

class ChunksTest : public RequestParserTest {
 protected:
  void SetUp() override {
    head_ = with("Transfer-Encoding: chunked\r\n");
    ASSERT_EQ(parser.head(head_, request), Verdict::complete);
    ASSERT_TRUE(parser.framing().chunked);
  }
  // Feeds `bytes` in pieces of `step`, as a connection would: what is not used up comes again.
  Verdict feed(std::string_view bytes, std::size_t step) {
    std::string waiting;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      waiting += bytes.substr(at, step);
      std::size_t used = 0;
      const Verdict verdict = parser.chunks(waiting, used, body);
      waiting.erase(0, used);
      if (verdict != Verdict::need_more) {
        left = waiting + std::string(bytes.substr(std::min(at + step, bytes.size())));
        return verdict;
      }
    }
    return Verdict::need_more;
  }
  std::string head_, left;
  Bytes body;
};

TEST_F(ChunksTest, are_joined_and_what_follows_is_left) {
  EXPECT_EQ(feed("5\r\nhello\r\n6;ext=\"a\"\r\n world\r\n0\r\nTrailer: x\r\n\r\nGET /", 1000), Verdict::complete);
  EXPECT_EQ(body.view(), "hello world");
  EXPECT_EQ(left, "GET /");
}

TEST_F(ChunksTest, may_be_cut_anywhere) {
  for (std::size_t step = 1; step < 30; ++step) {
    parser.reset();
    ASSERT_EQ(parser.head(head_, request), Verdict::complete);
    body.clear();
    EXPECT_EQ(feed("5\r\nhello\r\n00a\r\n 0123456789\r\n0\r\n\r\n", step), Verdict::refused) << "a size that lies";
    parser.reset();
    ASSERT_EQ(parser.head(head_, request), Verdict::complete);
    body.clear();
    EXPECT_EQ(feed("5\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n", step), Verdict::complete) << step;
    EXPECT_EQ(body.view(), "hello0123456789");
  }
}

TEST_F(ChunksTest, an_empty_body_may_come_byte_by_byte) {
  EXPECT_EQ(feed("0\r\n\r\nGET", 1), Verdict::complete);
  EXPECT_EQ(body.view(), "");
  EXPECT_EQ(left, "GET");
}

TEST_F(ChunksTest, malformed_ones_are_refused) {
  for (const char* bytes : {"x\r\n", "-1\r\n", " 5\r\nhello\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\nhello\r\n", "\r\n",
                            "0x5\r\nhello\r\n\r\n", "5\r\nhello\n0\r\n", "FFFFFFFFFFFFFFFFF\r\n", "5 5\r\nhello\r\n",
                            "0\r\nbad trailer\r\n\r\n"}) {
    parser.reset();
    ASSERT_EQ(parser.head(head_, request), Verdict::complete);
    EXPECT_EQ(feed(bytes, 1000), Verdict::refused) << bytes;
    EXPECT_EQ(parser.refusal().status, 400U) << bytes;
  }
}

TEST_F(ChunksTest, quotes_that_go_on_behind_their_line_are_refused_wherever_the_bytes_are_cut) {
  for (std::size_t step = 1; step < 20; ++step) {
    parser.reset();
    ASSERT_EQ(parser.head(head_, request), Verdict::complete);
    EXPECT_EQ(feed("5;x=\"a\r\nhello\r\n0\r\n\r\n", step), Verdict::refused) << step;
    EXPECT_EQ(parser.refusal().status, 400U) << step;
  }
}

TEST_F(ChunksTest, of_a_body_that_is_too_large_are_refused_by_their_size_alone) {
  EXPECT_EQ(feed("100001\r\n", 1000), Verdict::refused);
  EXPECT_EQ(parser.refusal().status, 413U);
}

TEST_F(ChunksTest, cannot_hide_endless_extensions_or_trailers) {
  EXPECT_EQ(feed("5;" + std::string(40'000, 'a'), 1000), Verdict::refused);
  parser.reset();
  ASSERT_EQ(parser.head(head_, request), Verdict::complete);
  std::string trailers = "0\r\n";
  while (trailers.size() < 40'000) trailers += "A: b\r\n";
  EXPECT_EQ(feed(trailers, 1000), Verdict::refused);
}

TEST_F(ChunksTest, trailers_do_not_become_headers) {
  EXPECT_EQ(feed("0\r\nOrigin: evil\r\nX-Request-Id: evil\r\n\r\n", 1000), Verdict::complete);
  EXPECT_EQ(request.headers.size(), 2U);
  EXPECT_EQ(parser.framing().request_id, "");
}

}  // namespace
}  // namespace freshet::http
