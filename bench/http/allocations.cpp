// How many times a request on a keep-alive connection asks for memory, from its first byte to the last of its answer,
// once the connection is warm: operator new of the whole process, counted. The client is a bare socket of this process
// that asks for none. Usage: bench_http_allocations [REQUESTS]
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

#include "http/access_log.hpp"
#include "http/server.hpp"

#include "constant.hpp"
#include <netinet/in.h>
#include <sys/socket.h>

namespace {

std::atomic<std::uint64_t> allocations{0}, allocated_bytes{0};

void* count_and_allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  allocated_bytes.fetch_add(size, std::memory_order_relaxed);
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

namespace {

using namespace freshet;

constexpr std::string_view plain_request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view browser_request =
    "GET /?month=2025-03&category=Groceries HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\n"
    "Accept: application/json, text/plain, */*\r\nAccept-Encoding: identity\r\nAccept-Language: en,fr;q=0.8\r\n"
    "Referer: http://localhost:8080/app/dashboard\r\nCookie: theme=dark; panel=open\r\n\r\n";

/// A connection that sends one request after another and reads each answer to its end.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void ask(std::string_view request) {
    if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("cannot send");
    }
    std::size_t size = 0, head = std::string_view::npos;
    while (head == std::string_view::npos || size < head + 4 + 2048) {
      const ssize_t got = recv(socket_, buffer_.data() + size, buffer_.size() - size, 0);
      if (got <= 0) throw std::runtime_error("the answer is not whole");
      size += static_cast<std::size_t>(got);
      head = std::string_view(buffer_.data(), size).find("\r\n\r\n");
    }
    if (!std::string_view(buffer_.data(), size).starts_with("HTTP/1.1 200")) throw std::runtime_error("not a 200");
  }

 private:
  int socket_;
  std::array<char, 16'384> buffer_{};
};

void measure(const char* name, std::string_view request, int requests, http::AccessObserver* log) {
  http::ServerOptions options;
  options.port = 0;
  options.threads = 1;
  http::Server server(options, std::make_shared<bench::Constant>(), log);
  server.start();
  {
    Client client(server.port());
    for (int i = 0; i < 1000; ++i) client.ask(request);
    const std::uint64_t before = allocations, bytes_before = allocated_bytes;
    for (int i = 0; i < requests; ++i) client.ask(request);
    const auto each = [&](std::uint64_t count) { return static_cast<double>(count) / requests; };
    std::printf("%-42s%12.3f%14.1f\n", name, each(allocations - before), each(allocated_bytes - bytes_before));
  }
  server.drain();
}

}  // namespace

int main(int argc, char** argv) {
  const int requests = argc > 1 ? std::atoi(argv[1]) : 20'000;
  if (argc > 2 || requests < 1) {
    std::fputs("usage: bench_http_allocations [REQUESTS]\n", stderr);
    return 2;
  }
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  try {
    http::AccessLog log({.format = LogFormat::json, .descriptor = nowhere});
    std::printf("%-42s%12s%14s\n", "", "a request", "bytes of it");
    measure("a plain request", plain_request, requests, nullptr);
    measure("a browser's request", browser_request, requests, nullptr);
    measure("a browser's request, JSON log", browser_request, requests, &log);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_http_allocations: %s\n", error.what());
    return 1;
  }
  close(nowhere);
  return 0;
}
