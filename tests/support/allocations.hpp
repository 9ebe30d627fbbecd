#pragma once
// How often this process asks for memory: a program that links allocations.cpp counts each operator new. For servers in
// the same process there is a client that asks for none.

#include <array>
#include <cstdint>
#include <string_view>

namespace freshet::test {

/// So far, by all threads.
[[nodiscard]] std::uint64_t allocations() noexcept;

/// One TCP connection to a local port: sends a request and reads its answer without asking for memory.
class BareClient {
 public:
  explicit BareClient(std::uint16_t port);
  ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  /// The answer, head and body; valid until the next call. `has_body`: of the length that its head says. Empty: the
  /// connection ended, or the answer is larger than 64 KB.
  [[nodiscard]] std::string_view ask(std::string_view request, bool has_body = true);

 private:
  int socket_;
  bool connected_ = false;
  std::array<char, 65'536> buffer_{};
};

}  // namespace freshet::test
