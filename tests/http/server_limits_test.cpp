// Hostile and clumsy clients: each gets a clear answer or is cut off, and the server goes on.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

ServerOptions small_limits() {
  ServerOptions options;
  options.header_bytes_max = 2000;
  options.target_bytes_max = 500;
  options.headers_max = 10;
  options.body_bytes_max = 10'000;
  return options;
}

class LimitsTest : public testing::Test {
 protected:
  // Sends `bytes` and expects a problem document with `status`, then an orderly end of the connection.
  void expect_refused(std::string_view bytes, unsigned status) {
    Client client = fixture.connect();
    client.send(bytes);
    const Reply reply = client.read();
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 200);
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_THAT(reply.body, HasSubstr("\"status\":" + std::to_string(status)));
    EXPECT_THAT(reply.body, HasSubstr("urn:request:"));
    EXPECT_TRUE(client.ended()) << "no reset before the answer is read";
    expect_alive();
  }
  void expect_alive() { EXPECT_EQ(fixture.connect().ask(get("/hello")).body, "hello"); }

  Fixture fixture{small_limits()};
};

TEST_F(LimitsTest, malformed_requests_get_400) {
  for (const char* bytes :
       {"garbage\r\n\r\n", "GET / HTTP/1.1\n\n", "\x16\x03\x01\x02", "GET / HTTP/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"}) {
    expect_refused(bytes, 400);
  }
}

TEST_F(LimitsTest, a_malformed_chunk_gets_400) {
  expect_refused("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400);
  expect_refused("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400);
}

TEST_F(LimitsTest, other_refusals_have_their_own_status) {
  expect_refused("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505);
  expect_refused("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
  expect_refused("POST / HTTP/1.1\r\nHost: h\r\nExpect: more\r\n\r\n", 417);
}

TEST_F(LimitsTest, a_long_target_gets_414_and_long_headers_431) {
  expect_refused("GET /" + std::string(600, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414);
  expect_refused("GET /" + std::string(100'000, 'a'), 414);
  expect_refused(get("/hello", "A: " + std::string(2000, 'a') + "\r\n"), 431);
  std::string many;
  for (int i = 0; i < 11; ++i) many += "A: a\r\n";
  expect_refused(get("/hello", many), 431);
}

TEST_F(LimitsTest, a_large_body_gets_413_however_it_is_framed) {
  expect_refused(post("/echo", std::string(10'001, 'x')), 413);
  expect_refused("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413);
  expect_refused("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n", 413);
  std::string chunks = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunks += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  expect_refused(chunks, 413);
}

TEST_F(LimitsTest, a_client_that_sends_on_sees_the_answer_all_the_same) {
  Client client = fixture.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(600'000, 'x')));
  EXPECT_EQ(client.read().status, 413U);
  EXPECT_TRUE(client.ended());
}

TEST_F(LimitsTest, requests_before_the_bad_one_are_answered) {
  Client client = fixture.connect();
  client.send(get("/hello") + get("/hello") + "BAD\n" + get("/hello"));
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_EQ(client.read().status, 400U);
  EXPECT_TRUE(client.ended()) << "what follows is not taken for a request";
  EXPECT_EQ(fixture.server->figures().bad_requests, 1U);
}

TEST_F(LimitsTest, a_refused_request_is_reported) {
  Client client = fixture.connect();
  client.ask("BAD\n");
  const auto records = fixture.records.wait_for(1);
  EXPECT_EQ(records[0].status, 400U);
  EXPECT_EQ(records[0].target, "");
  EXPECT_THAT(records[0].error, HasSubstr("CR LF"));
  EXPECT_EQ(records[0].request_id.size(), 32U);
}

TEST_F(LimitsTest, a_client_that_goes_in_the_middle_leaves_nothing_behind) {
  const std::string whole = post("/echo", std::string(5000, 'x'), "A: b\r\n");
  for (std::size_t size = 1; size < whole.size(); size += 97) {
    Client client = fixture.connect();
    client.send(std::string_view(whole).substr(0, size));
    if (size % 2 == 0) client.vanish();
  }
  expect_alive();
  Client last = fixture.connect();
  const auto left = [&] {
    const ServerFigures figures = fixture.server->figures();
    return figures.connections_open - 1 + figures.requests_in_flight;
  };
  for (int i = 0; i < 20'000 && left() != 0; ++i) last.ask(get("/hello"));
  EXPECT_EQ(left(), 0U);
}

TEST_F(LimitsTest, random_bytes_do_not_hurt) {
  std::mt19937 random(3);
  constexpr std::string_view alphabet = "GET /hoPSTHTP1.:\r\n\t \0\xff%;,0123"sv;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = random() % 2 == 0 ? "" : "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::size_t size = random() % 300;
    for (std::size_t at = 0; at < size; ++at) bytes += alphabet[random() % alphabet.size()];
    Client client = fixture.connect();
    client.send(bytes);
    client.stop_sending();
    const std::string answer = client.rest();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 ")) << answer;
  }
  expect_alive();
}

TEST(ConnectionsMax, those_beyond_are_told_so) {
  ServerOptions options;
  options.connections_max = 2;
  Fixture fixture(options);
  Client first = fixture.connect();
  Client second = fixture.connect();
  EXPECT_EQ(first.ask(get("/hello")).status, 200U);
  EXPECT_EQ(second.ask(get("/hello")).status, 200U);
  Client third = fixture.connect();
  const Reply reply = third.read();
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_TRUE(third.ended());
  EXPECT_EQ(fixture.server->figures().connections_refused, 1U);
  EXPECT_EQ(first.ask(get("/hello")).status, 200U);
}

TEST(ConnectionsMax, a_place_that_is_left_is_free_again) {
  ServerOptions options;
  options.connections_max = 1;
  Fixture fixture(options);
  EXPECT_EQ(fixture.connect().ask(get("/hello", "Connection: close\r\n")).status, 200U);
  unsigned status = 0;
  for (int i = 0; i < 1000 && status != 200; ++i) status = fixture.connect().ask(get("/hello")).status;
  EXPECT_EQ(status, 200U);
}

}  // namespace
}  // namespace freshet::http::test
