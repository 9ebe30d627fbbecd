// That a warm keep-alive connection asks for no memory: operator new of the whole process, counted, while a client of
// this process sends the same request again and again. A program of its own, since it replaces operator new.
#include "support/allocations.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "http/conditional.hpp"
#include "http/server.hpp"

namespace freshet::http {
namespace {

using test::allocations;
using test::BareClient;

class Kept final : public Shared {
 public:
  explicit Kept(std::string text) : bytes(std::move(text)), tag(entity_tag_of(bytes)) {}
  const std::string bytes;
  const std::string lines = "Cache-Control: private, no-cache\r\nX-Cache: HIT\r\n";
  const EntityTag tag;
};

/// Answers from memory in the coding that the request prefers, as if each were kept.
class Hits final : public Handler {
 public:
  explicit Hits(std::size_t bytes)
      : kept_(std::make_unique<const Kept>(std::string(bytes, 'x')).release()), size_(bytes) {}

  bool try_serve(Exchange& exchange) noexcept override {
    Response response;
    response.coding = exchange.choose_coding("application/json", size_);
    response.entity_tag = kept_->tag;
    response.head_lines = kept_->lines;
    response.age = std::chrono::seconds(7);
    response.body = SharedView{kept_, kept_->bytes};
    exchange.respond(std::move(response));
    return true;
  }
  boost::asio::awaitable<void> serve(Exchange&) override { co_return; }

 private:
  const boost::intrusive_ptr<const Kept> kept_;
  const std::size_t size_;
};

bool is_as_expected(std::string_view answer, std::string_view status_line, std::size_t body) {
  const std::size_t head = answer.find("\r\n\r\n");
  return answer.starts_with(status_line) && answer.size() == head + 4 + body;
}

void expect_no_allocation(std::string_view request, std::string_view status_line, std::size_t kept, std::size_t sent) {
  ServerOptions options;
  options.port = 0;
  options.threads = 1;
  Server server(options, std::make_shared<Hits>(kept), nullptr);
  server.start();
  {
    BareClient client(server.port());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(is_as_expected(client.ask(request), status_line, sent));
    const std::uint64_t before = allocations();
    bool all = true;
    for (int i = 0; i < 1000; ++i) all = is_as_expected(client.ask(request), status_line, sent) && all;
    EXPECT_EQ(allocations() - before, 0U);
    EXPECT_TRUE(all);
  }
  server.drain();
}

constexpr std::string_view browser_request =
    "GET /dashboard?month=2025-03&category=Groceries HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\n"
    "Accept: application/json, text/plain, */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: http://localhost:8080/app/dashboard\r\nCookie: theme=dark; panel=open\r\n\r\n";

TEST(Allocations, a_hit_makes_none) { expect_no_allocation(browser_request, "HTTP/1.1 200 OK", 2048, 2048); }

TEST(Allocations, a_hit_that_is_sent_from_where_it_is_kept_makes_none) {
  expect_no_allocation(browser_request, "HTTP/1.1 200 OK", 50'000, 50'000);
}

TEST(Allocations, a_304_makes_none) {
  std::string request(browser_request.substr(0, browser_request.size() - 2));
  request +=
      "If-None-Match: \"stale\", \"" + std::string(entity_tag_of(std::string(2048, 'x')).view()) + "-br\"\r\n\r\n";
  expect_no_allocation(request, "HTTP/1.1 304 Not Modified", 2048, 0);
}

TEST(Allocations, are_counted) {
  const std::uint64_t before = allocations();
  const auto memory = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(allocations() - before, 2U);
}

}  // namespace
}  // namespace freshet::http
