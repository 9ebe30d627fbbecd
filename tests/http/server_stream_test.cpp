#include <atomic>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using testing::HasSubstr;

namespace asio = boost::asio;

Bytes bytes(std::string_view text) {
  Bytes copy;
  copy.append(text);
  return copy;
}

struct Export {
  std::size_t chunks = 3;
  std::size_t chunk_bytes = 10;
  std::size_t fail_before = SIZE_MAX;
  std::atomic<std::size_t> written{0};
  std::atomic<bool> cancelled{false};
};

asio::awaitable<void> serve_export(Export& plan, Exchange& exchange) {
  Response head = text_response("ignored");
  head.headers.emplace_back("X-Rows", "many");
  BodyWriter* const writer = co_await exchange.stream(std::move(head));
  for (std::size_t i = 0; i < plan.chunks; ++i) {
    if (i == plan.fail_before) throw std::runtime_error("the disk is on fire");
    Bytes chunk = bytes(std::string(plan.chunk_bytes, static_cast<char>('a' + i % 26)));
    try {
      co_await writer->write(std::move(chunk));
    } catch (const Error& error) {
      plan.cancelled = error.kind() == ErrorKind::cancelled;
      throw;
    }
    ++plan.written;
  }
}

class StreamTest : public testing::Test {
 protected:
  Export plan;
  Fixture fixture{{}, [this](FakeHandler& handler) {
                    handler.waiting["/export"] = [this](Exchange& exchange) { return serve_export(plan, exchange); };
                  }};
};

TEST_F(StreamTest, comes_in_chunks_and_the_connection_stays) {
  Client client = fixture.connect();
  client.send(get("/export") + get("/hello"));
  const Reply reply = client.read();
  EXPECT_EQ(reply.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(reply.header("Content-Length"), std::nullopt);
  EXPECT_EQ(reply.header("X-Rows"), "many");
  EXPECT_EQ(reply.body, "aaaaaaaaaabbbbbbbbbbcccccccccc");
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(client.read().body, "hello");
}

TEST_F(StreamTest, without_chunks_is_an_empty_body) {
  plan.chunks = 0;
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/export"));
  EXPECT_EQ(reply.status, 200U);
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(StreamTest, an_empty_chunk_does_not_end_it) {
  plan.chunk_bytes = 0;
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/export"));
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(plan.written, 3U);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(StreamTest, to_http_1_0_lasts_until_the_connection_ends) {
  Client client = fixture.connect();
  const Reply reply = client.ask("GET /export HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(reply.header("Transfer-Encoding"), std::nullopt);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(reply.body, "aaaaaaaaaabbbbbbbbbbcccccccccc");
}

TEST_F(StreamTest, to_head_sends_the_head_and_stops_the_work) {
  plan.chunks = 1000;
  Client client = fixture.connect();
  client.send("HEAD /export HTTP/1.1\r\nHost: h\r\n\r\n");
  const Reply reply = client.read(true);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  EXPECT_EQ(plan.written, 0U);
  EXPECT_EQ(fixture.records.wait_for(1)[0].status, 200U);
}

TEST_F(StreamTest, that_fails_midway_is_cut_so_that_nobody_takes_it_for_the_whole) {
  plan.fail_before = 2;
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/export"));
  EXPECT_EQ(reply.status, 200U);
  EXPECT_FALSE(reply.whole);
  EXPECT_EQ(fixture.records.wait_for(1)[0].error, "the disk is on fire");
}

TEST_F(StreamTest, that_fails_before_its_first_chunk_is_a_proper_error) {
  plan.fail_before = 0;
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/export"));
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.header("X-Rows"), std::nullopt);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(StreamTest, waits_for_a_reader_that_is_slow) {
  plan.chunks = 1000;
  plan.chunk_bytes = 100'000;
  Client client = fixture.connect();
  client.send(get("/export"));
  while (plan.written == 0) std::this_thread::yield();
  // Nobody reads: the writer must come to stand far before the end of its 100 MB.
  std::size_t before = SIZE_MAX;
  while (before != plan.written) {
    before = plan.written;
    for (int i = 0; i < 20; ++i) fixture.connect().ask(get("/hello"));
  }
  EXPECT_LT(plan.written, 500U);
  const Reply reply = client.read();
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(reply.body.size(), 100'000'000U);
}

TEST_F(StreamTest, stops_when_the_reader_goes) {
  plan.chunks = 100'000;
  plan.chunk_bytes = 100'000;
  {
    Client client = fixture.connect();
    client.send(get("/export"));
    while (plan.written == 0) std::this_thread::yield();
  }
  const auto records = fixture.records.wait_for(1);
  EXPECT_TRUE(plan.cancelled);
  EXPECT_LT(plan.written, plan.chunks);
  EXPECT_THAT(records[0].error, HasSubstr("went away"));
}

TEST(StreamTimeout, counts_from_chunk_to_chunk_and_cuts_once_the_head_is_sent) {
  ServerOptions options;
  options.request_timeout = std::chrono::milliseconds(200);
  Gate gate;
  Fixture fixture(options, [&](FakeHandler& handler) {
    handler.waiting["/stuck"] = [&gate](Exchange& exchange) -> asio::awaitable<void> {
      struct Body {
        static asio::awaitable<void> run(Gate& at, Exchange& to) {
          BodyWriter* const writer = co_await to.stream(text_response(""));
          Bytes first = bytes("first");
          co_await writer->write(std::move(first));
          co_await at.pass();
        }
      };
      return Body::run(gate, exchange);
    };
  });
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/stuck"));
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "first");
  EXPECT_FALSE(reply.whole);
  EXPECT_EQ(gate.cancelled(), 1U);
}

}  // namespace
}  // namespace freshet::http::test
