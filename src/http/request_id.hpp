#pragma once
// Names of requests: the caller's if it is sane, else 128 random bits in hexadecimal.

#include <array>
#include <cstdint>
#include <string_view>

namespace freshet::http {

/// One for each I/O thread; seeded by the operating system. Unpredictable enough to be unique, not to be a secret.
class RequestIds {
 public:
  RequestIds();
  /// 32 hexadecimal digits.
  void next(std::array<char, 32>& out) noexcept;

 private:
  std::uint64_t step() noexcept;
  std::array<std::uint64_t, 4> state_;
};

/// True for 1 to 128 visible ASCII characters, which are safe in a header, a log line and a terminal.
[[nodiscard]] bool request_id_is_sane(std::string_view id) noexcept;

}  // namespace freshet::http
