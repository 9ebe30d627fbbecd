#include <poll.h>

#include <thread>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

namespace asio = boost::asio;

ServerOptions with(std::chrono::milliseconds ServerOptions::*which, milliseconds value) {
  ServerOptions options;
  options.*which = value;
  return options;
}

// Waits at the gate and hears nothing of cancellation.
asio::awaitable<void> serve_deaf(Gate& gate, Exchange& exchange) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await gate.pass();
  respond_text(exchange, "too late");
}

// Says that it will stream, and waits at the gate before the first chunk.
asio::awaitable<void> stream_deaf(Gate& gate, Exchange& exchange) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  Response head = text_response("");
  BodyWriter* const writer = co_await exchange.stream(std::move(head));
  co_await gate.pass();
  Bytes chunk;
  chunk.append("too late");
  co_await writer->write(std::move(chunk));
}

TEST(Timeouts, an_idle_connection_is_closed) {
  Fixture fixture(with(&ServerOptions::idle_timeout, milliseconds(150)));
  Client fresh = fixture.connect();
  Client used = fixture.connect();
  EXPECT_EQ(used.ask(get("/hello")).status, 200U);
  EXPECT_TRUE(used.ended());
  EXPECT_TRUE(fresh.ended());
}

TEST(Timeouts, a_head_that_does_not_end_gets_408) {
  Fixture fixture(with(&ServerOptions::header_timeout, milliseconds(150)));
  Client client = fixture.connect();
  client.send(get("/hello") + "GET /hello HTTP/1.1\r\nHo");
  EXPECT_EQ(client.read().status, 200U);
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 408U);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(fixture.server->figures().timeouts, 1U);
}

TEST(Timeouts, a_head_is_not_kept_alive_by_a_byte_now_and_then) {
  Fixture fixture(with(&ServerOptions::header_timeout, milliseconds(300)));
  Client client = fixture.connect();
  client.send("GET / HTTP/1.1\r\n");
  // Each byte comes before the timeout; only the end of the head would count.
  while (client.pending() == 0 && client.send("A")) poll(nullptr, 0, 20);
  EXPECT_EQ(client.read().status, 408U);
}

TEST(Timeouts, a_body_that_does_not_come_gets_408) {
  Fixture fixture(with(&ServerOptions::body_timeout, milliseconds(150)));
  Client sized = fixture.connect();
  sized.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  Client chunked = fixture.connect();
  chunked.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal");
  EXPECT_EQ(sized.read().status, 408U);
  EXPECT_TRUE(sized.ended());
  EXPECT_EQ(chunked.read().status, 408U);
  EXPECT_EQ(fixture.records.wait_for(2)[0].target, "/echo");
}

TEST(Timeouts, a_handler_that_takes_too_long_is_cancelled_and_gets_504) {
  Fixture fixture(with(&ServerOptions::request_timeout, milliseconds(150)));
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/slow"));
  EXPECT_EQ(reply.status, 504U);
  EXPECT_THAT(reply.body, HasSubstr("took longer than"));
  EXPECT_EQ(fixture.gate.cancelled(), 1U);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "the connection is as good as before";
  EXPECT_EQ(fixture.server->figures().timeouts, 1U);
}

TEST(Timeouts, a_handler_that_does_not_hear_of_it_cannot_hold_the_answer_back) {
  Gate deaf;
  Fixture fixture(with(&ServerOptions::request_timeout, milliseconds(150)), [&](FakeHandler& handler) {
    handler.waiting["/deaf"] = [&](Exchange& exchange) { return serve_deaf(deaf, exchange); };
  });
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/deaf"));
  EXPECT_EQ(reply.status, 504U);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(fixture.records.wait_for(1)[0].status, 504U);
  deaf.open();
  EXPECT_EQ(fixture.connect().ask(get("/hello")).body, "hello");
}

TEST(Timeouts, a_stream_that_has_not_begun_by_then_leaves_no_head_before_the_answer) {
  Gate deaf;
  Fixture fixture(with(&ServerOptions::request_timeout, milliseconds(150)), [&](FakeHandler& handler) {
    handler.waiting["/deaf"] = [&](Exchange& exchange) { return stream_deaf(deaf, exchange); };
  });
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/deaf"));
  EXPECT_EQ(reply.status, 504U) << reply.head;
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_THAT(reply.body, HasSubstr("took longer than"));
  EXPECT_TRUE(client.ended());
  const Records::Record record = fixture.records.wait_for(1)[0];
  EXPECT_EQ(record.status, 504U);
  EXPECT_EQ(record.bytes_out, reply.head.size() + 4 + reply.body.size());
  deaf.open();
  EXPECT_EQ(fixture.connect().ask(get("/hello")).body, "hello");
}

TEST(Timeouts, a_client_that_does_not_read_is_cut_off) {
  const auto body = std::make_shared<const std::string>(50'000'000, 'x');
  Fixture fixture(with(&ServerOptions::write_timeout, milliseconds(150)), [&](FakeHandler& handler) {
    handler.at_once["/large"] = [&](Exchange& exchange) {
      Response response = text_response("");
      response.body = body;
      exchange.respond(std::move(response));
    };
  });
  Client client = fixture.connect();
  client.send(get("/large"));
  fixture.records.wait_for(1);
  EXPECT_FALSE(client.read().whole);
  EXPECT_EQ(fixture.server->figures().timeouts, 1U);
}

TEST(Timeouts, a_client_that_reads_slowly_is_not_cut_off) {
  const auto body = std::make_shared<const std::string>(50'000'000, 'x');
  Fixture fixture(with(&ServerOptions::write_timeout, seconds(1)), [&](FakeHandler& handler) {
    handler.at_once["/large"] = [&](Exchange& exchange) {
      Response response = text_response("");
      response.body = body;
      exchange.respond(std::move(response));
    };
  });
  Client client = fixture.connect();
  client.send(get("/large"));
  // 640 kB a second: the server's socket (megabytes of buffer) is not writable again within a timeout, but what the
  // peer acknowledges moves several times in each. Well above the kernel's own pace for a closed window (200 ms).
  for (int step = 0; step != 30; ++step) {
    client.read_some(64'000);
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(fixture.server->figures().timeouts, 0U);
  EXPECT_EQ(fixture.server->figures().connections_open, 1U);
}

TEST(PeerGone, cancels_the_handler) {
  Fixture fixture;
  {
    Client client = fixture.connect();
    client.send(get("/slow"));
    fixture.gate.wait_for_arrivals(1);
  }
  fixture.gate.wait_for_cancelled(1);
  const auto records = fixture.records.wait_for(1);
  EXPECT_EQ(records[0].status, 499U);
  EXPECT_EQ(records[0].error, "the client went away");
}

TEST(PeerGone, by_a_reset_cancels_the_handler) {
  Fixture fixture;
  Client client = fixture.connect();
  client.send(get("/slow"));
  fixture.gate.wait_for_arrivals(1);
  client.vanish();
  fixture.gate.wait_for_cancelled(1);
}

TEST(PeerGone, is_noticed_behind_bytes_that_nobody_read_yet) {
  Fixture fixture;
  {
    Client client = fixture.connect();
    client.send(get("/slow"));
    fixture.gate.wait_for_arrivals(1);
    client.send(get("/hello"));
  }
  fixture.gate.wait_for_cancelled(1);
}

}  // namespace
}  // namespace freshet::http::test
