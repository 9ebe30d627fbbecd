#include "http/response_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "http/request_id.hpp"

namespace freshet::http {
namespace {

using testing::MatchesRegex;

TEST(HeadWriter, writes_status_server_and_date) {
  HeadWriter writer("freshet");
  Bytes out;
  writer.begin(out, 404);
  EXPECT_THAT(std::string(out.view()), MatchesRegex("HTTP/1.1 404 Not Found\r\nServer: freshet\r\n"
                                                    "Date: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] "
                                                    "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT\r\n"));
}

TEST(HeadWriter, leaves_the_server_out_when_it_has_no_name) {
  HeadWriter writer("");
  Bytes out;
  writer.begin(out, 200);
  EXPECT_TRUE(out.view().starts_with("HTTP/1.1 200 OK\r\nDate: "));
}

TEST(HeadWriter, refuses_a_name_that_would_split_the_answer) { EXPECT_THROW(HeadWriter("a\r\nSet-Cookie: x"), Error); }

TEST(HeaderIsSafe, refuses_what_ends_a_line_or_is_no_token) {
  EXPECT_TRUE(header_is_safe("X-A", "value with \ttab and \xC3\xA9"));
  EXPECT_FALSE(header_is_safe("X-A", "a\r\nb"));
  EXPECT_FALSE(header_is_safe("X-A", "a\nb"));
  EXPECT_FALSE(header_is_safe("X-A", std::string_view("a\0b", 3)));
  EXPECT_FALSE(header_is_safe("X A", "a"));
  EXPECT_FALSE(header_is_safe("X:A", "a"));
  EXPECT_FALSE(header_is_safe("", "a"));
}

TEST(HeaderLines, are_ready_to_be_sent_without_what_is_the_listeners) {
  EXPECT_EQ(header_lines({{"Link", "<a>"}, {"content-length", "5"}, {"X-A", ""}}), "Link: <a>\r\nX-A: \r\n");
  EXPECT_EQ(header_lines({}), "");
  EXPECT_THROW(header_lines({{"Location", "/a\r\nSet-Cookie: x"}}), Error);
}

TEST(HeaderIsReserved, whatever_its_case) {
  EXPECT_TRUE(header_is_reserved("content-length"));
  EXPECT_TRUE(header_is_reserved("Transfer-Encoding"));
  EXPECT_FALSE(header_is_reserved("Content-Language"));
}

TEST(RequestIds, are_hexadecimal_and_differ) {
  RequestIds ids, others;
  std::array<char, 32> a{}, b{}, c{};
  ids.next(a);
  ids.next(b);
  others.next(c);
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
  EXPECT_THAT(std::string(a.data(), a.size()), MatchesRegex("[0-9a-f]+"));
}

TEST(RequestIds, of_callers_are_kept_only_if_sane) {
  EXPECT_TRUE(request_id_is_sane("a-1_~"));
  EXPECT_TRUE(request_id_is_sane(std::string(128, 'a')));
  EXPECT_FALSE(request_id_is_sane(std::string(129, 'a')));
  EXPECT_FALSE(request_id_is_sane(""));
  EXPECT_FALSE(request_id_is_sane("a b"));
  EXPECT_FALSE(request_id_is_sane("\x1b[31m"));
  EXPECT_FALSE(request_id_is_sane("\xC3\xA9"));
}

}  // namespace
}  // namespace freshet::http
