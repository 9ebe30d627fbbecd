// That a warm keep-alive connection asks for no memory: operator new of the whole process, counted, while a bare socket
// of this process sends the same request again and again. A program of its own, since it replaces operator new.
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "http/conditional.hpp"
#include "http/server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* count_and_allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* const memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return count_and_allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return count_and_allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace freshet::http {
namespace {

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

/// Sends a request and reads its answer, without asking for memory.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// True if the answer has that status line and that many bytes of body.
  [[nodiscard]] bool ask(std::string_view request, std::string_view status_line, std::size_t body) {
    if (!connected_ || send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
    std::size_t size = 0, head = std::string_view::npos;
    while (head == std::string_view::npos || size < head + 4 + body) {
      const ssize_t got = recv(socket_, buffer_.data() + size, buffer_.size() - size, 0);
      if (got <= 0) return false;
      size += static_cast<std::size_t>(got);
      head = std::string_view(buffer_.data(), size).find("\r\n\r\n");
    }
    return std::string_view(buffer_.data(), size).starts_with(status_line) && size == head + 4 + body;
  }

 private:
  int socket_;
  bool connected_ = false;
  std::array<char, 65'536> buffer_{};
};

void expect_no_allocation(std::string_view request, std::string_view status_line, std::size_t kept, std::size_t sent) {
  ServerOptions options;
  options.port = 0;
  options.threads = 1;
  Server server(options, std::make_shared<Hits>(kept), nullptr);
  server.start();
  {
    Client client(server.port());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.ask(request, status_line, sent));
    const std::uint64_t before = allocations;
    bool all = true;
    for (int i = 0; i < 1000; ++i) all = client.ask(request, status_line, sent) && all;
    EXPECT_EQ(allocations - before, 0U);
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
  const std::uint64_t before = allocations;
  const auto memory = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(allocations - before, 2U);
}

}  // namespace
}  // namespace freshet::http
