#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

std::string options_request(std::string_view path, std::string_view headers = {}) {
  return "OPTIONS " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n";
}

ServerOptions two_origins() {
  ServerOptions options;
  options.cors_origins = {"https://a.example", "https://b.example"};
  options.cors_credentials = true;
  options.cors_expose_headers = {"X-Request-Id", "Link"};
  options.cors_max_age = std::chrono::seconds(600);
  return options;
}

constexpr std::string_view preflight =
    "Origin: https://b.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a, x-b\r\n";

TEST(Options, tell_the_methods_of_a_path) {
  Fixture fixture;
  Client client = fixture.connect();
  const Reply reply = client.ask(options_request("/hello"));
  EXPECT_EQ(reply.status, 204U);
  EXPECT_EQ(reply.header("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), std::nullopt);
  EXPECT_EQ(client.ask(options_request("*")).header("Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(client.ask(options_request("/none")).status, 404U);
}

TEST(Cors, is_off_unless_origins_are_named) {
  Fixture fixture;
  const Reply reply = fixture.connect().ask(get("/hello", "Origin: https://a.example\r\n"));
  EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), std::nullopt);
  EXPECT_EQ(reply.header("Vary"), std::nullopt);
}

TEST(Cors, lets_named_origins_read_and_varies_by_origin) {
  Fixture fixture(two_origins());
  Client client = fixture.connect();
  const Reply named = client.ask(get("/hello", "Origin: https://b.example\r\n"));
  EXPECT_EQ(named.header("Access-Control-Allow-Origin"), "https://b.example");
  EXPECT_EQ(named.header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(named.header("Access-Control-Expose-Headers"), "X-Request-Id, Link");
  EXPECT_EQ(named.header("Vary"), "Origin");
  for (const char* origin : {"Origin: https://evil.example\r\n", "Origin: https://a.example.evil\r\n", ""}) {
    const Reply other = client.ask(get("/hello", origin));
    EXPECT_EQ(other.header("Access-Control-Allow-Origin"), std::nullopt);
    EXPECT_EQ(other.header("Vary"), "Origin") << "a cache must not mix the two";
  }
}

TEST(Cors, problem_documents_can_be_read_too) {
  Fixture fixture(two_origins());
  const Reply reply = fixture.connect().ask(get("/none", "Origin: https://a.example\r\n"));
  EXPECT_EQ(reply.status, 404U);
  EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "https://a.example");
}

TEST(Cors, answers_preflights) {
  Fixture fixture(two_origins());
  Client client = fixture.connect();
  const Reply reply = client.ask(options_request("/hello", preflight));
  EXPECT_EQ(reply.status, 204U);
  EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "https://b.example");
  EXPECT_EQ(reply.header("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(reply.header("Access-Control-Allow-Headers"), "x-a, x-b");
  EXPECT_EQ(reply.header("Access-Control-Max-Age"), "600");
  EXPECT_EQ(
      client.ask(options_request("/hello", "Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n"))
          .header("Access-Control-Allow-Methods"),
      std::nullopt);
}

TEST(Cors, any_origin_is_a_star_that_does_not_vary) {
  ServerOptions options;
  options.cors_origins = {"*"};
  Fixture fixture(options);
  const Reply reply = fixture.connect().ask(get("/hello", "Origin: https://x.example\r\n"));
  EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(reply.header("Vary"), std::nullopt);
}

TEST(Cors, refuses_options_that_are_wrong_or_dangerous) {
  const auto refused = [](ServerOptions options) {
    options.port = 0;
    EXPECT_THROW(Server(options, std::make_shared<FakeHandler>(), nullptr), Error);
  };
  ServerOptions options;
  options.cors_origins = {"*", "https://a.example"};
  refused(options);
  options.cors_origins = {"*"};
  options.cors_credentials = true;
  refused(options);
  options.cors_credentials = false;
  for (const char* origin : {"a.example", "https://a.example/path", "https://", "https://a\r\nX: y", ""}) {
    options.cors_origins = {origin};
    refused(options);
  }
}

}  // namespace
}  // namespace freshet::http::test
