// Through the listener: which coding an answer gets, its entity tag, 304, and streams.
#include <gtest/gtest.h>

#include "http/conditional.hpp"
#include "http/decoding.hpp"
#include "http/support.hpp"

namespace freshet::http::test {
namespace {

namespace asio = boost::asio;

const std::string small = rows(3000), large = rows(200'000);

Response tagged(const std::string& text) {
  Response response = text_response(text);
  response.content_type = "application/json";
  response.tag_body = true;
  return response;
}

asio::awaitable<void> serve_large(Exchange& exchange) {
  exchange.respond(tagged(large));
  co_return;
}

asio::awaitable<void> serve_timed(Exchange& exchange) {
  exchange.set_database_time(1500, 20'250);
  exchange.respond(text_response("x"));
  co_return;
}

asio::awaitable<void> serve_stream(Exchange& exchange) {
  Response head;
  BodyWriter* const writer = co_await exchange.stream(std::move(head));
  Bytes first;
  first.append(small);
  co_await writer->write(std::move(first));
  for (int i = 0; i < 3; ++i) {
    Bytes next;
    next.append(large);
    co_await writer->write(std::move(next));
  }
}

asio::awaitable<void> fail_in_stream(Exchange& exchange) {
  Response head;
  BodyWriter* const writer = co_await exchange.stream(std::move(head));
  Bytes first;
  first.append(large);
  co_await writer->write(std::move(first));
  Bytes nothing;
  co_await writer->write(std::move(nothing));
  throw Error(ErrorKind::internal, "half of it");
}

void prepare(FakeHandler& handler) {
  handler.at_once["/small"] = [](Exchange& exchange) { exchange.respond(tagged(small)); };
  handler.at_once["/large-at-once"] = [](Exchange& exchange) { exchange.respond(tagged(large)); };
  handler.at_once["/tiny"] = [](Exchange& exchange) { exchange.respond(tagged("{}")); };
  handler.at_once["/untagged"] = [](Exchange& exchange) {
    Response response = tagged(small);
    response.tag_body = false;
    exchange.respond(std::move(response));
  };
  handler.at_once["/image"] = [](Exchange& exchange) {
    Response response = tagged(small);
    response.content_type = "image/png";
    exchange.respond(std::move(response));
  };
  handler.at_once["/encoded"] = [](Exchange& exchange) {
    Response response = tagged(small);
    response.headers.emplace_back("content-encoding", "gzip");
    exchange.respond(std::move(response));
  };
  handler.at_once["/missing"] = [](Exchange& exchange) {
    Response response = tagged(small);
    response.status = 404;
    exchange.respond(std::move(response));
  };
  handler.waiting["/large"] = serve_large;
  handler.waiting["/timed"] = serve_timed;
  handler.waiting["/stream"] = serve_stream;
  handler.waiting["/broken"] = fail_in_stream;
}

struct Served : Fixture {
  explicit Served(ServerOptions options = {}) : Fixture(std::move(options), prepare) {}
};

std::string text_of(const EntityTag& tag) { return std::string(tag.view()); }
std::string accepting(std::string_view codings) { return "Accept-Encoding: " + std::string(codings) + "\r\n"; }
std::string knowing(std::string_view tags) { return "If-None-Match: " + std::string(tags) + "\r\n"; }

void expect_decodes(const Reply& reply, Coding coding, const std::string& body) {
  bool whole = false;
  EXPECT_EQ(reply.header("Content-Encoding"), to_string(coding));
  EXPECT_TRUE(decode(coding, reply.body, whole) == body);
  EXPECT_TRUE(whole);
}

TEST(ServerCompression, encodes_as_the_request_prefers_on_and_off_the_io_thread) {
  Served server;
  Client client = server.connect();
  for (const Coding coding : {Coding::br, Coding::zstd, Coding::gzip}) {
    const std::string headers = accepting("*;q=0.1, " + std::string(to_string(coding)));
    expect_decodes(client.ask(get("/small", headers)), coding, small);
    expect_decodes(client.ask(get("/large", headers)), coding, large);
    expect_decodes(client.ask(get("/large-at-once", headers)), coding, large);
  }
}

TEST(ServerCompression, pipelined_answers_keep_their_order) {
  Served server;
  Client client = server.connect();
  const std::string gzip = accepting("gzip");
  client.send(get("/large-at-once", gzip) + get("/hello") + get("/large", gzip) + get("/small"));
  expect_decodes(client.read(), Coding::gzip, large);
  EXPECT_EQ(client.read().body, "hello");
  expect_decodes(client.read(), Coding::gzip, large);
  EXPECT_EQ(client.read().body, small);
}

TEST(ServerCompression, says_vary_wherever_another_request_would_get_other_bytes) {
  Served server;
  Client client = server.connect();
  const Reply plain = client.ask(get("/small"));
  EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.header("Content-Encoding"), std::nullopt);
  EXPECT_EQ(plain.body, small);
  for (const std::string_view path : {"/tiny", "/image", "/encoded"}) {
    const Reply reply = client.ask(get(path, accepting("gzip, br")));
    EXPECT_EQ(reply.header("Vary"), std::nullopt) << path;
    EXPECT_EQ(reply.header("Content-Encoding").has_value(), path == "/encoded") << path;
    EXPECT_EQ(reply.body, path == "/tiny" ? "{}" : small) << path;
  }
}

TEST(ServerCompression, of_head_says_the_coding_and_no_length) {
  Served server;
  Client client = server.connect();
  client.send("HEAD /large HTTP/1.1\r\nHost: x\r\nAccept-Encoding: zstd\r\n\r\n" + get("/hello"));
  const Reply head = client.read(true);
  EXPECT_EQ(head.header("Content-Encoding"), "zstd");
  EXPECT_EQ(head.header("Content-Length"), std::nullopt);
  EXPECT_EQ(head.header("ETag"), '"' + text_of(entity_tag_of(large)) + "-zstd\"");
  EXPECT_EQ(client.read().body, "hello");
}

TEST(ServerCompression, can_be_turned_off_or_narrowed) {
  ServerOptions off;
  off.compression.enabled = false;
  Served server(off);
  const Reply plain = server.connect().ask(get("/small", accepting("gzip")));
  EXPECT_EQ(plain.body, small);
  EXPECT_EQ(plain.header("Vary"), std::nullopt);
  ServerOptions narrow;
  narrow.compression.algorithms = {Coding::gzip};
  narrow.compression.min_bytes = 0;
  Served other(narrow);
  expect_decodes(other.connect().ask(get("/tiny", accepting("br, gzip;q=0.1"))), Coding::gzip, "{}");
}

TEST(ServerStreamCompression, comes_whole_and_the_connection_stays) {
  Served server;
  for (const Coding coding : {Coding::br, Coding::zstd, Coding::gzip}) {
    Client client = server.connect();
    client.send(get("/stream", accepting(to_string(coding))) + get("/hello"));
    const Reply reply = client.read();
    EXPECT_EQ(reply.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(reply.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(reply.header("ETag"), std::nullopt);
    expect_decodes(reply, coding, small + large + large + large);
    EXPECT_EQ(client.read().body, "hello");
  }
}

TEST(ServerStreamCompression, an_empty_chunk_sends_what_waits_and_what_fails_does_not_pass_for_the_whole) {
  Served server;
  for (const Coding coding : {Coding::br, Coding::zstd, Coding::gzip}) {
    const Reply reply = server.connect().ask(get("/broken", accepting(to_string(coding))));
    EXPECT_EQ(reply.status, 200U);
    EXPECT_FALSE(reply.whole);
    bool whole = true;
    const std::string got = decode(coding, reply.body, whole);
    EXPECT_TRUE(got == large) << to_string(coding) << ' ' << got.size() << " of " << large.size();
    EXPECT_FALSE(whole);
  }
}

TEST(ServerEntityTag, is_of_the_identity_body_with_the_coding_named) {
  Served server;
  Client client = server.connect();
  EXPECT_EQ(client.ask(get("/small")).header("ETag"), '"' + text_of(entity_tag_of(small)) + '"');
  EXPECT_EQ(client.ask(get("/small", accepting("br"))).header("ETag"), '"' + text_of(entity_tag_of(small)) + "-br\"");
  EXPECT_EQ(client.ask(get("/untagged")).header("ETag"), std::nullopt);
  EXPECT_EQ(client.ask(get("/missing")).header("ETag"), std::nullopt);
  EXPECT_EQ(client.ask(post("/small", "")).header("ETag"), std::nullopt);
}

TEST(ServerEntityTag, known_to_the_client_is_answered_304_without_a_body) {
  Served server;
  Client client = server.connect();
  const std::string tag = '"' + text_of(entity_tag_of(large)) + "-gzip\"";
  for (const std::string& tags : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    client.send(get("/large", accepting("gzip") + knowing(tags)) + get("/hello"));
    const Reply reply = client.read(true);
    EXPECT_EQ(reply.status, 304U) << tags;
    EXPECT_EQ(reply.header("ETag"), tag);
    EXPECT_EQ(reply.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(reply.header("Content-Encoding"), std::nullopt);
    EXPECT_EQ(client.read().body, "hello");
  }
  EXPECT_EQ(client.ask(get("/large", knowing(tag))).status, 200U);  // the identity body is other bytes
  EXPECT_EQ(client.ask(get("/missing", knowing("*"))).status, 404U);
  EXPECT_EQ(client.ask(post("/small", "", knowing("*"))).status, 200U);
}

TEST(ServerEntityTag, is_not_made_of_bodies_beyond_the_bound) {
  ServerOptions options;
  options.etag_body_max = 10'000;
  Served server(options);
  Client client = server.connect();
  EXPECT_TRUE(client.ask(get("/small")).header("ETag").has_value());
  EXPECT_EQ(client.ask(get("/large", knowing("*"))).header("ETag"), std::nullopt);
}

TEST(ServerTiming, tells_of_the_database_when_asked_to) {
  EXPECT_EQ(Served().connect().ask(get("/timed")).header("Server-Timing"), std::nullopt);
  ServerOptions options;
  options.server_timing = true;
  Served server(options);
  EXPECT_EQ(server.connect().ask(get("/timed")).header("Server-Timing"), "db_wait;dur=1.500, db_run;dur=20.250");
  EXPECT_EQ(server.connect().ask(get("/hello")).header("Server-Timing"), std::nullopt);
}

}  // namespace
}  // namespace freshet::http::test
