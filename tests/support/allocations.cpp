#include "support/allocations.hpp"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <netinet/in.h>
#include <sys/socket.h>

namespace {

std::atomic<std::uint64_t> count{0};

void* count_and_allocate(std::size_t size, std::size_t alignment) {
  count.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* const memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
  throw std::bad_alloc();
}

// Of the body of an answer whose head is whole.
std::size_t content_length(std::string_view head) noexcept {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t at = head.find(name);
  std::size_t length = 0;
  if (at != std::string_view::npos) std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  return length;
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

namespace freshet::test {

std::uint64_t allocations() noexcept { return count.load(std::memory_order_relaxed); }

BareClient::BareClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

BareClient::~BareClient() { close(socket_); }

std::string_view BareClient::ask(std::string_view request, bool has_body) {
  if (!connected_ || send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = recv(socket_, buffer_.data() + size, buffer_.size() - size, 0);
    if (got <= 0) return {};
    size += static_cast<std::size_t>(got);
    const std::string_view answer(buffer_.data(), size);
    const std::size_t head = answer.find("\r\n\r\n");
    if (head == std::string_view::npos) continue;
    if (size >= head + 4 + (has_body ? content_length(answer.substr(0, head)) : 0)) return answer;
  }
}

}  // namespace freshet::test
