// Through the listener: what happens while another thread encodes a body that takes it long.
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "http/decoding.hpp"
#include "http/support.hpp"

namespace freshet::http::test {
namespace {

using std::chrono::milliseconds;

namespace asio = boost::asio;

constexpr std::size_t long_bytes = 40 << 20;  // more than may wait beside it; seconds of work at level 9
const std::string usual = rows(200'000);

// Letters at random: as slow as can be to compress.
std::string letters(std::size_t size) {
  std::string text(size, ' ');
  std::uint32_t x = 1;
  for (char& c : text) c = static_cast<char>('0' + ((x = x * 1'664'525 + 1'013'904'223) >> 26));
  return text;
}

const std::shared_ptr<const std::string> long_body = std::make_shared<const std::string>(letters(long_bytes));

Response json(std::shared_ptr<const std::string> body) {
  Response response;
  response.body = std::move(body);
  return response;
}

asio::awaitable<void> serve_long(Exchange& exchange) {
  exchange.respond(json(long_body));
  co_return;
}

// Encodes by itself, and says what became of it.
asio::awaitable<void> encode_long(Exchange& exchange) {
  const std::optional<Bytes> encoded = co_await exchange.encode(Coding::br, *long_body);
  respond_text(exchange, encoded ? "encoded" : "not encoded");
}

asio::awaitable<void> stream_usual(Exchange& exchange) {
  Response head;
  BodyWriter* const writer = co_await exchange.stream(std::move(head));
  Bytes chunk;
  chunk.append(usual);
  co_await writer->write(std::move(chunk));
}

struct Served : Fixture {
  explicit Served(ServerOptions options = {}) : Fixture(slowly(std::move(options)), prepare) {}

  static ServerOptions slowly(ServerOptions options) {
    options.compression.level = 9;
    return options;
  }
  static void prepare(FakeHandler& handler) {
    handler.at_once["/long-at-once"] = [](Exchange& exchange) { exchange.respond(json(long_body)); };
    handler.at_once["/usual"] = [](Exchange& exchange) {
      exchange.respond(json(std::make_shared<const std::string>(usual)));
    };
    handler.waiting["/long"] = serve_long;
    handler.waiting["/encode-long"] = encode_long;
    handler.waiting["/stream"] = stream_usual;
  }
  void wait_until_it_encodes() const {
    while (server->figures().encoding_bytes < long_bytes) std::this_thread::yield();
  }
  void wait_until_it_encodes_nothing() const {
    while (server->figures().encoding_bytes != 0) std::this_thread::yield();
  }
};

const std::string brotli = "Accept-Encoding: br\r\n";

bool decodes(const Reply& reply, const std::string& body) {
  bool whole = false;
  return reply.header("Content-Encoding") == "br" && decode(Coding::br, reply.body, whole) == body && whole;
}

TEST(EncodingLoad, what_comes_when_too_much_is_being_encoded_leaves_as_it_is) {
  Served server;
  Client first = server.connect();
  first.send(get("/long", brotli));
  server.wait_until_it_encodes();
  Client second = server.connect();
  const Reply plain = second.ask(get("/usual", brotli));
  EXPECT_EQ(plain.header("Content-Encoding"), std::nullopt);
  EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
  EXPECT_TRUE(plain.body == usual);
  EXPECT_EQ(second.ask(get("/encode-long", brotli)).body, "not encoded");
  EXPECT_TRUE(decodes(second.ask(get("/stream", brotli)), usual)) << "a stream can wait for no other thread";
  EXPECT_EQ(server.server->figures().encodings_refused, 2U);
  EXPECT_TRUE(decodes(first.read(), *long_body));
  server.wait_until_it_encodes_nothing();
  EXPECT_TRUE(decodes(second.ask(get("/usual", brotli)), usual));
}

TEST(EncodingLoad, beyond_the_requests_time_the_body_leaves_as_it_is) {
  ServerOptions options;
  options.request_timeout = milliseconds(100);
  Served server(options);
  for (const std::string_view path : {"/long", "/long-at-once"}) {
    Client client = server.connect();
    const Reply reply = client.ask(get(path, brotli));
    EXPECT_EQ(reply.status, 200U) << path;
    EXPECT_EQ(reply.header("Content-Encoding"), std::nullopt) << path;
    EXPECT_TRUE(reply.body == *long_body) << path;
    EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "the connection is as good as before";
    EXPECT_EQ(client.ask(get("/encode-long", brotli)).body, "not encoded");
  }
}

TEST(EncodingLoad, stops_when_the_client_goes_away) {
  Served server;
  for (const std::string_view path : {"/long", "/long-at-once", "/encode-long"}) {
    Client client = server.connect();
    client.send(get(path, brotli));
    server.wait_until_it_encodes();
    client.vanish();
    server.wait_until_it_encodes_nothing();
  }
  for (const Records::Record& record : server.records.wait_for(3)) EXPECT_EQ(record.status, 499U);
}

TEST(EncodingLoad, a_drain_waits_for_what_is_being_encoded) {
  Served server;
  Client client = server.connect();
  client.send(get("/long", brotli));
  server.wait_until_it_encodes();
  auto drained = std::async(std::launch::async, [&] { return server.server->drain(); });
  const Reply reply = client.read();
  EXPECT_TRUE(decodes(reply, *long_body));
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_EQ(drained.get(), 0U);
}

TEST(EncodingLoad, a_drain_cuts_what_is_being_encoded_when_its_time_is_up) {
  ServerOptions options;
  options.drain_timeout = milliseconds(50);
  Served server(options);
  Client client = server.connect();
  client.send(get("/long", brotli));
  server.wait_until_it_encodes();
  EXPECT_EQ(server.server->drain(), 1U);
  EXPECT_EQ(client.read().status, 0U);
}

}  // namespace
}  // namespace freshet::http::test
