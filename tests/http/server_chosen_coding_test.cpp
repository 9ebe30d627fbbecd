// Through the listener: a handler that keeps bodies in several codings, and answers from memory of its own.
#include <array>
#include <atomic>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "http/conditional.hpp"
#include "http/decoding.hpp"
#include "http/support.hpp"

namespace freshet::http::test {
namespace {

namespace asio = boost::asio;

/// What a cache keeps of an answer; tells when it is gone.
class Kept final : public Shared {
 public:
  Kept(std::string text, std::shared_ptr<std::atomic<bool>> told) : gone(std::move(told)), tag(entity_tag_of(text)) {
    bodies[0] = std::move(text);
  }
  ~Kept() override { *gone = true; }

  const std::shared_ptr<std::atomic<bool>> gone;
  std::array<std::string, coding_count> bodies;
  std::string lines = "Cache-Control: no-cache\r\nX-Cache: HIT\r\n";
  EntityTag tag;
};

using KeptPtr = boost::intrusive_ptr<const Kept>;

Response answer_from(const KeptPtr& kept, Coding coding) {
  Response response;
  response.coding = coding;
  response.entity_tag = kept->tag;
  response.head_lines = kept->lines;
  response.age = std::chrono::seconds(7);
  response.body = SharedView{kept, kept->bodies[static_cast<std::size_t>(coding)]};
  return response;
}

const std::string small = rows(3000), large = rows(200'000);

struct Caching {
  std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);
  boost::intrusive_ptr<Kept> kept;

  void keep(const std::string& text) { kept.reset(std::make_unique<Kept>(text, gone).release()); }

  // As a cache does: chooses, encodes once, keeps, answers.
  asio::awaitable<void> serve(Exchange& exchange) {
    const std::string& identity = kept->bodies[0];
    Coding coding = exchange.choose_coding("application/json", identity.size());
    std::string& body = kept->bodies[static_cast<std::size_t>(coding)];
    if (body.empty()) {
      const std::optional<Bytes> encoded = co_await exchange.encode(coding, identity);
      if (encoded) {
        body = encoded->view();
      } else {
        coding = Coding::identity;
      }
    }
    exchange.respond(answer_from(kept, coding));
  }

  void prepare(FakeHandler& handler) {
    handler.at_once["/hit"] = [this](Exchange& exchange) {
      const Coding coding = exchange.choose_coding("application/json", kept->bodies[0].size());
      exchange.respond(answer_from(kept, coding));
    };
    handler.at_once["/uncached"] = [this](Exchange& exchange) {
      Response response;
      response.body = std::make_shared<const std::string>(kept->bodies[0]);
      response.tag_body = true;
      exchange.respond(std::move(response));
    };
    handler.at_once["/leave-it-to-you"] = [this](Exchange& exchange) {
      Response response = answer_from(kept, Coding::identity);
      response.coding.reset();
      exchange.respond(std::move(response));
    };
    handler.at_once["/mark"] = [this](Exchange& exchange) {
      kept->bodies[static_cast<std::size_t>(Coding::br)] = "as it was kept";
      respond_text(exchange, "");
    };
    handler.at_once["/last"] = [this](Exchange& exchange) {
      Response response = answer_from(kept, Coding::identity);
      kept.reset();
      exchange.respond(std::move(response));
    };
    handler.waiting["/cached"] = [this](Exchange& exchange) { return serve(exchange); };
  }
};

struct Served : Caching, Fixture {
  explicit Served(const std::string& text, ServerOptions options = {})
      : Fixture(std::move(options), [this](FakeHandler& fake) { prepare(fake); }) {
    keep(text);
  }
};

std::string accepting(std::string_view codings) { return "Accept-Encoding: " + std::string(codings) + "\r\n"; }

// What must be the same whether an answer is new or was kept.
constexpr std::array<std::string_view, 5> representation{"Content-Type", "Content-Encoding", "Vary", "ETag",
                                                         "Content-Length"};

void expect_same_representation(const Reply& kept, const Reply& fresh) {
  for (const std::string_view name : representation) EXPECT_EQ(kept.header(name), fresh.header(name)) << name;
  EXPECT_TRUE(kept.body == fresh.body);
}

TEST(ServerChosenCoding, has_the_headers_and_bytes_of_an_answer_that_the_listener_encodes) {
  ServerOptions off;
  off.compression.enabled = false;
  for (const ServerOptions& options : {ServerOptions(), off}) {
    for (const std::string& text : {std::string("{}"), small, large}) {
      Served server(text, options);
      Client client = server.connect();
      for (const std::string_view codings : {"", "br", "zstd", "gzip", "gzip;q=0", "identity"}) {
        SCOPED_TRACE(codings);
        const Reply fresh = client.ask(get("/uncached", accepting(codings)));
        expect_same_representation(client.ask(get("/cached", accepting(codings))), fresh);
        const Reply hit = client.ask(get("/hit", accepting(codings)));
        expect_same_representation(hit, fresh);
        EXPECT_EQ(hit.header("Age"), "7");
        EXPECT_EQ(hit.header("X-Cache"), "HIT");
      }
    }
  }
}

TEST(ServerChosenCoding, is_encoded_once_and_kept) {
  Served server(large);
  Client client = server.connect();
  bool whole = false;
  EXPECT_TRUE(decode(Coding::br, client.ask(get("/cached", accepting("br"))).body, whole) == large);
  EXPECT_TRUE(whole);
  EXPECT_EQ(client.ask(get("/mark")).status, 200U);
  EXPECT_EQ(client.ask(get("/cached", accepting("br"))).body, "as it was kept");
}

TEST(ServerChosenCoding, to_head_tells_the_length_since_it_is_known) {
  Served server(small);
  Client client = server.connect();
  const Reply reply = client.ask(get("/cached", accepting("gzip")));
  client.send("HEAD /hit HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n" + get("/hello"));
  const Reply head = client.read(true);
  EXPECT_EQ(head.header("Content-Length"), std::to_string(reply.body.size()));
  EXPECT_EQ(head.header("Content-Encoding"), "gzip");
  EXPECT_EQ(client.read().body, "hello");
}

TEST(ServerChosenCoding, known_to_the_client_is_answered_304_with_the_kept_headers) {
  Served server(small);
  Client client = server.connect();
  const std::string tag = '"' + std::string(entity_tag_of(small).view()) + "-br\"";
  client.send(get("/hit", accepting("br") + "If-None-Match: " + tag + "\r\n") + get("/hello"));
  const Reply reply = client.read(true);
  EXPECT_EQ(reply.status, 304U);
  EXPECT_EQ(reply.header("ETag"), tag);
  EXPECT_EQ(reply.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(reply.header("Cache-Control"), "no-cache");
  EXPECT_EQ(reply.header("Age"), "7");
  EXPECT_EQ(reply.header("Content-Encoding"), std::nullopt);
  EXPECT_EQ(client.read().body, "hello");
}

TEST(ServerChosenCoding, head_lines_of_a_kept_body_survive_that_the_listener_encodes_it) {
  for (const std::string& text : {small, large}) {
    Served server(text);
    Client client = server.connect();
    const Reply reply = client.ask(get("/leave-it-to-you", accepting("zstd")));
    bool whole = false;
    EXPECT_TRUE(decode(Coding::zstd, reply.body, whole) == text);
    EXPECT_EQ(reply.header("X-Cache"), "HIT");
    EXPECT_EQ(reply.count("Vary"), 1U);
  }
}

TEST(ServerChosenCoding, what_is_kept_lives_until_it_is_sent_and_no_longer) {
  const std::string huge(16 << 20, 'x');  // more than the kernel takes at once
  Served server(huge);
  Client client = server.connect();
  client.send(get("/last") + get("/hello"));
  while (client.pending() < 1000) std::this_thread::yield();
  EXPECT_FALSE(*server.gone);
  EXPECT_TRUE(client.read().body == huge);
  EXPECT_EQ(client.read().body, "hello");
  EXPECT_TRUE(*server.gone);
}

}  // namespace
}  // namespace freshet::http::test
