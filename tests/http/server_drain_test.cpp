#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using std::chrono::milliseconds;

// Returns when the server listens no more.
void wait_until_refused(std::uint16_t port) {
  for (;;) {
    try {
      const Client probe(port);
    } catch (const std::runtime_error&) {
      return;
    }
  }
}

TEST(Drain, finishes_what_runs_refuses_what_comes_and_closes_what_idles) {
  Fixture fixture;
  Client idle = fixture.connect();
  EXPECT_EQ(idle.ask(get("/hello")).status, 200U);
  Client busy = fixture.connect();
  busy.send(get("/slow"));
  fixture.gate.wait_for_arrivals(1);

  auto drained = std::async(std::launch::async, [&] { return fixture.server->drain(); });
  EXPECT_TRUE(idle.ended());
  wait_until_refused(fixture.server->port());
  fixture.gate.open();
  const Reply reply = busy.read();
  EXPECT_EQ(reply.body, "slow");
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(busy.ended());
  EXPECT_EQ(drained.get(), 0U);
  EXPECT_EQ(fixture.server->drain(), 0U) << "once more changes nothing";
}

TEST(Drain, lets_a_request_that_is_being_sent_come_to_its_end) {
  Fixture fixture;
  Client client = fixture.connect();
  const std::string request = post("/echo", "0123456789");
  client.send(get("/hello") + request.substr(0, request.size() - 5));
  EXPECT_EQ(client.read().body, "hello");
  auto drained = std::async(std::launch::async, [&] { return fixture.server->drain(); });
  wait_until_refused(fixture.server->port());
  client.send("56789");
  EXPECT_EQ(client.read().body, "0123456789");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(drained.get(), 0U);
}

TEST(Drain, cuts_what_does_not_end_in_time_and_counts_it) {
  ServerOptions options;
  options.drain_timeout = milliseconds(100);
  Fixture fixture(options);
  Client slow = fixture.connect();
  slow.send(get("/slow"));
  Client halfway = fixture.connect();
  halfway.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  fixture.gate.wait_for_arrivals(1);
  while (fixture.server->figures().requests_in_flight < 2) std::this_thread::yield();
  EXPECT_EQ(fixture.server->drain(), 2U);
  EXPECT_EQ(fixture.gate.cancelled(), 1U);
  EXPECT_EQ(slow.read().status, 0U);
  EXPECT_EQ(fixture.server->figures().connections_open, 0U);
  EXPECT_EQ(fixture.records.wait_for(2).size(), 2U);
}

TEST(Drain, is_not_held_by_a_client_that_does_not_read) {
  const auto body = std::make_shared<const std::string>(50'000'000, 'x');
  ServerOptions options;
  options.drain_timeout = milliseconds(100);
  Fixture fixture(options, [&](FakeHandler& handler) {
    handler.at_once["/large"] = [&](Exchange& exchange) {
      Response response = text_response("");
      response.body = body;
      exchange.respond(std::move(response));
    };
  });
  Client client = fixture.connect();
  client.send(get("/large"));
  while (fixture.server->figures().requests_in_flight < 1) std::this_thread::yield();
  EXPECT_EQ(fixture.server->drain(), 1U);
}

TEST(Drain, ends_a_server_that_has_connections_but_no_requests) {
  ServerOptions options;
  options.threads = 2;
  Fixture fixture(options);
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(fixture.connect());
  for (Client& client : clients) EXPECT_EQ(client.ask(get("/hello")).status, 200U);
  EXPECT_EQ(fixture.server->drain(), 0U);
  for (Client& client : clients) EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace freshet::http::test
