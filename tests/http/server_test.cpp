#include "http/server.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

namespace asio = boost::asio;

asio::awaitable<void> throw_error(Error error, Exchange&) {
  throw error;
  co_return;
}
asio::awaitable<void> throw_runtime_error(Exchange&) {
  throw std::runtime_error("inner secret");
  co_return;
}
asio::awaitable<void> answer_nothing(Exchange&) { co_return; }

TEST(Server, answers_and_keeps_the_connection) {
  Fixture fixture;
  Client client = fixture.connect();
  for (int i = 0; i < 3; ++i) {
    const Reply reply = client.ask(get("/hello"));
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.body, "hello");
    EXPECT_EQ(reply.header("Content-Type"), "text/plain");
    EXPECT_EQ(reply.header("Server"), "freshet");
    EXPECT_EQ(reply.header("Connection"), std::nullopt);
    EXPECT_TRUE(reply.header("Date"));
  }
  EXPECT_EQ(fixture.server->figures().connections_accepted, 1U);
  EXPECT_EQ(fixture.server->figures().requests, 3U);
}

TEST(Server, serves_many_connections_on_several_threads) {
  ServerOptions options;
  options.threads = 3;
  Fixture fixture(options);
  std::vector<Client> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(fixture.connect());
  for (Client& client : clients) client.send(get("/hello"));
  for (Client& client : clients) EXPECT_EQ(client.read().body, "hello");
  EXPECT_EQ(fixture.server->figures().connections_open, 30U);
}

TEST(Server, answers_pipelined_requests_in_order) {
  Fixture fixture;
  fixture.gate.open();
  Client client = fixture.connect();
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += post("/echo", "body" + std::to_string(i));
    if (i % 50 == 0) requests += get("/slow");
  }
  client.send(requests);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client.read().body, "body" + std::to_string(i));
    if (i % 50 == 0) {
      EXPECT_EQ(client.read().body, "slow");
    }
  }
  EXPECT_EQ(client.pending(), 0U);
}

TEST(Server, does_not_hold_finished_answers_back_for_a_slow_request_behind_them) {
  Fixture fixture;
  Client client = fixture.connect();
  client.send(get("/hello") + get("/slow") + get("/hello"));
  EXPECT_EQ(client.read().body, "hello");
  fixture.gate.open();
  EXPECT_EQ(client.read().body, "slow");
  EXPECT_EQ(client.read().body, "hello");
}

TEST(Server, reads_requests_that_come_byte_by_byte) {
  Fixture fixture;
  Client client = fixture.connect();
  for (const char c : post("/echo", "drop by drop")) client.send({&c, 1});
  EXPECT_EQ(client.read().body, "drop by drop");
}

TEST(Server, reads_bodies_larger_than_its_buffers) {
  Fixture fixture;
  Client client = fixture.connect();
  std::string body;
  for (int i = 0; body.size() < 900'000; ++i) body += std::to_string(i);
  client.send(post("/echo", body) + get("/hello"));
  EXPECT_EQ(client.read().body, body);
  EXPECT_EQ(client.read().body, "hello");
}

TEST(Server, reads_chunked_bodies_and_the_request_behind_them) {
  Fixture fixture;
  Client client = fixture.connect();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  client.send(head + "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nTrailer: t\r\n\r\n" + get("/hello"));
  EXPECT_EQ(client.read().body, "hello!");
  EXPECT_EQ(client.read().body, "hello");
  for (const char c : head + "3\r\nabc\r\n0\r\n\r\n") client.send({&c, 1});
  EXPECT_EQ(client.read().body, "abc");
}

TEST(Server, keeps_the_views_of_a_request_while_its_chunked_body_grows) {
  Fixture fixture({}, [](FakeHandler& handler) {
    handler.at_once["/both"] = [](Exchange& exchange) {
      const Request& request = exchange.request();
      respond_text(exchange, std::string(request.header("X-Mark")) + ":" + std::to_string(request.body.size()));
    };
  });
  Client client = fixture.connect();
  client.send("POST /both HTTP/1.1\r\nHost: h\r\nX-Mark: here\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 50; ++i) client.send("1000\r\n" + std::string(4096, 'x') + "\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read().body, "here:204800");
}

TEST(Server, head_is_get_without_the_body) {
  Fixture fixture;
  Client client = fixture.connect();
  client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  const Reply reply = client.read(true);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.header("Content-Length"), "5");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "nothing came between";
}

TEST(Server, invites_a_body_that_waits_to_be_invited) {
  Fixture fixture;
  Client client = fixture.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100U);
  client.send("body");
  EXPECT_EQ(client.read().body, "body");
  client.send(post("/echo", "came along", "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read().body, "came along") << "no invitation when the body is there";
}

TEST(Server, does_not_invite_a_body_that_is_too_large) {
  Fixture fixture;
  Client client = fixture.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 413U);
  EXPECT_TRUE(client.ended());
}

TEST(Server, speaks_http_1_0) {
  Fixture fixture;
  Client once = fixture.connect();
  const Reply reply = once.ask("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(once.ended());
  Client kept = fixture.connect();
  for (int i = 0; i < 2; ++i) {
    const Reply again = kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(again.header("Connection"), "keep-alive");
    EXPECT_EQ(again.body, "hello");
  }
}

TEST(Server, closes_when_the_client_says_so) {
  Fixture fixture;
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/hello", "Connection: close\r\n") + get("/hello"));
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.ended()) << "the request behind it is not answered";
}

TEST(Server, answers_a_client_that_stopped_sending) {
  Fixture fixture;
  Client client = fixture.connect();
  client.send(get("/hello") + get("/hello"));
  client.stop_sending();
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_TRUE(client.ended());
}

TEST(Server, keeps_a_sane_request_id_and_makes_one_otherwise) {
  Fixture fixture;
  Client client = fixture.connect();
  EXPECT_EQ(client.ask(get("/hello", "X-Request-Id: mine-1\r\n")).header("X-Request-Id"), "mine-1");
  const std::string own = *client.ask(get("/hello", "X-Request-Id: not sane\r\n")).header("X-Request-Id");
  EXPECT_THAT(own, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(own.size(), 32U);
  EXPECT_NE(*client.ask(get("/hello")).header("X-Request-Id"), own);
}

TEST(Server, an_error_becomes_a_problem_document_and_the_connection_stays) {
  Fixture fixture({}, [](FakeHandler& handler) {
    handler.waiting["/conflict"] = [](Exchange& exchange) {
      return throw_error(Error(ErrorKind::conflict, "exists").detailing("secret detail").retry_after(3), exchange);
    };
  });
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/conflict", "X-Request-Id: r1\r\n"));
  EXPECT_EQ(reply.status, 409U);
  EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(reply.header("Retry-After"), "3");
  EXPECT_THAT(reply.body, HasSubstr("urn:request:r1"));
  EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  EXPECT_THAT(fixture.records.wait_for(1)[0].error, HasSubstr("secret detail"));
}

TEST(Server, any_other_exception_is_a_500_whose_text_goes_to_the_log_only) {
  Fixture fixture({}, [](FakeHandler& handler) {
    handler.waiting["/throws"] = throw_runtime_error;
    handler.waiting["/nothing"] = answer_nothing;
  });
  Client client = fixture.connect();
  const Reply reply = client.ask(get("/throws"));
  EXPECT_EQ(reply.status, 500U);
  EXPECT_THAT(reply.body, Not(HasSubstr("inner secret")));
  EXPECT_EQ(client.ask(get("/nothing")).status, 500U);
  const auto records = fixture.records.wait_for(2);
  EXPECT_EQ(records[0].error, "inner secret");
  EXPECT_EQ(records[1].error, "the handler gave no answer");
}

TEST(Server, sends_no_header_that_would_split_the_answer) {
  Fixture fixture({}, [](FakeHandler& handler) {
    handler.at_once["/split"] = [](Exchange& exchange) {
      Response response = text_response("x");
      response.headers.emplace_back("Location", "/a\r\nSet-Cookie: evil=1");
      exchange.respond(std::move(response));
    };
    handler.at_once["/framing"] = [](Exchange& exchange) {
      Response response = text_response("x");
      response.headers.emplace_back("Content-Length", "1000");
      response.headers.emplace_back("ETag", "\"a\"");
      exchange.respond(std::move(response));
    };
  });
  Client client = fixture.connect();
  const Reply split = client.ask(get("/split"));
  EXPECT_EQ(split.status, 500U);
  EXPECT_THAT(split.head, Not(HasSubstr("evil")));
  const Reply framing = client.ask(get("/framing"));
  EXPECT_EQ(framing.count("Content-Length"), 1U);
  EXPECT_EQ(framing.header("ETag"), "\"a\"");
  EXPECT_EQ(framing.body, "x");
}

TEST(Server, some_statuses_have_no_body) {
  Fixture fixture({}, [](FakeHandler& handler) {
    handler.at_once["/204"] = [](Exchange& exchange) { exchange.respond(text_response("must not be seen", 204)); };
    handler.at_once["/304"] = [](Exchange& exchange) { exchange.respond(text_response("must not be seen", 304)); };
  });
  Client client = fixture.connect();
  for (const char* path : {"/204", "/304"}) {
    const Reply reply = client.ask(get(path));
    EXPECT_EQ(reply.header("Content-Length"), std::nullopt);
    EXPECT_EQ(reply.header("Content-Type"), std::nullopt);
  }
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(Server, sends_large_bodies_whole) {
  const auto body = std::make_shared<const std::string>(20'000'000, 'x');
  Fixture fixture({}, [&](FakeHandler& handler) {
    handler.at_once["/large"] = [&](Exchange& exchange) {
      Response response = text_response("");
      response.body = body;
      exchange.respond(std::move(response));
    };
  });
  Client client = fixture.connect();
  client.send(get("/large") + get("/hello") + get("/large"));
  EXPECT_EQ(client.read().body, *body);
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_EQ(client.read().body, *body);
}

TEST(Server, reports_each_request_once_with_what_the_handler_said) {
  Fixture fixture({}, [](FakeHandler& handler) {
    handler.at_once["/told"] = [](Exchange& exchange) {
      exchange.set_route("/{what}");
      exchange.set_database_time(12, 34);
      respond_text(exchange, "x");
    };
  });
  Client client = fixture.connect();
  client.send(get("/told?q=1", "X-Request-Id: one\r\n") + get("/hello"));
  const std::size_t size = client.read().head.size() + 4 + 1;
  const auto records = fixture.records.wait_for(2);
  EXPECT_EQ(records[0].target, "/told?q=1");
  EXPECT_EQ(records[0].route, "/{what}");
  EXPECT_EQ(records[0].request_id, "one");
  EXPECT_EQ(records[0].status, 200U);
  EXPECT_EQ(records[0].bytes_out, size);
  EXPECT_EQ(records[0].database_wait_us, 12U);
  EXPECT_EQ(records[0].database_run_us, 34U);
  EXPECT_THAT(records[0].remote, MatchesRegex("127.0.0.1:[0-9]+"));
  EXPECT_EQ(records[1].target, "/hello");
  EXPECT_EQ(records[1].route, "");
  EXPECT_EQ(records.size(), 2U);
}

TEST(Server, figures_add_up) {
  Fixture fixture;
  Client client = fixture.connect();
  const std::string request = get("/hello");
  const Reply reply = client.ask(request);
  client.ask(request);
  fixture.records.wait_for(2);
  const ServerFigures figures = fixture.server->figures();
  EXPECT_EQ(figures.requests, 2U);
  EXPECT_EQ(figures.requests_in_flight, 0U);
  EXPECT_EQ(figures.connections_open, 1U);
  EXPECT_EQ(figures.bytes_in, 2 * request.size());
  EXPECT_EQ(figures.bytes_out, 2 * (reply.head.size() + 4 + reply.body.size()));
}

TEST(Server, says_what_hinders_it_to_listen) {
  Fixture fixture;
  ServerOptions options;
  options.port = fixture.server->port();
  try {
    Server second(options, fixture.handler, nullptr);
    FAIL() << "two servers on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.hint(), HasSubstr("another program"));
  }
  options.host = "192.0.2.1";
  EXPECT_THROW(Server(options, fixture.handler, nullptr), Error);
  options.host = "no such host";
  EXPECT_THROW(Server(options, fixture.handler, nullptr), Error);
}

TEST(Server, that_was_never_started_ends_quietly) {
  ServerOptions options;
  options.port = 0;
  Server server(options, std::make_shared<FakeHandler>(), nullptr);
  EXPECT_NE(server.port(), 0);
  EXPECT_EQ(server.drain(), 0U);
}

}  // namespace
}  // namespace freshet::http::test
