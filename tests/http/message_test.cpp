#include "http/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace freshet::http {
namespace {

TEST(PercentDecode, decodes_escapes_and_leaves_plus_alone_in_paths) {
  EXPECT_EQ(percent_decode("a%20b+c%C3%A9", false), "a b+c\xC3\xA9");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("%2B+", true), "+ ");
  EXPECT_EQ(percent_decode("", false), "");
}

TEST(PercentDecode, refuses_malformed_escapes_nul_and_what_is_not_utf8) {
  for (const char* raw : {"%", "%4", "%zz", "a%4", "%00", "%ff", "%C3", "%ED%A0%80", "%C0%AF"}) {
    EXPECT_EQ(percent_decode(raw, false), std::nullopt) << raw;
  }
}

std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view raw) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (QueryPair& pair : parse_query(raw)) pairs.emplace_back(std::move(pair.name), std::move(pair.value));
  return pairs;
}

TEST(ParseQuery, keeps_order_repeats_and_empty_values) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(pairs_of("a&b=&c=1&c=2&d=x%3Dy=z"), (Pairs{{"a", ""}, {"b", ""}, {"c", "1"}, {"c", "2"}, {"d", "x=y=z"}}));
  EXPECT_EQ(pairs_of("&&a=1&"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(pairs_of("=v"), (Pairs{{"", "v"}}));
  EXPECT_TRUE(pairs_of("").empty());
}

TEST(ParseQuery, names_what_is_wrong) {
  for (const char* raw : {"a=%", "%zz=1", "a=%ff", "a=%00"}) {
    try {
      (void)parse_query(raw);
      ADD_FAILURE() << raw;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_request);
    }
  }
  EXPECT_EQ(parse_query("a&b&c", 3).size(), 3U);
  EXPECT_THROW((void)parse_query("a&b&c&d", 3), Error);
}

TEST(Methods, are_case_sensitive) {
  EXPECT_EQ(method_from("GET"), Method::get);
  EXPECT_EQ(method_from("DELETE"), Method::delete_);
  EXPECT_EQ(method_from("get"), std::nullopt);
  EXPECT_EQ(method_from("OTHER"), std::nullopt);
  EXPECT_EQ(to_string(Method::options), "OPTIONS");
}

TEST(RequestHeader, is_found_whatever_its_case_and_the_first_wins) {
  const std::vector<Header> headers{{"Accept", "a"}, {"ACCEPT", "b"}};
  Request request;
  request.headers = headers;
  EXPECT_EQ(request.header("accept"), "a");
  EXPECT_EQ(request.header("Accept-Encoding"), "");
}

TEST(BodyView, sees_all_three_kinds) {
  Bytes bytes;
  bytes.append("bytes");
  EXPECT_EQ(view(Body(std::move(bytes))), "bytes");
  EXPECT_EQ(view(Body(std::make_shared<const std::string>("shared"))), "shared");
  EXPECT_EQ(view(Body(std::string_view("static"))), "static");
  EXPECT_EQ(view(Body(std::shared_ptr<const std::string>())), "");
}

}  // namespace
}  // namespace freshet::http
