#pragma once
// Writes the head of an answer straight into the bytes that are sent.

#include <array>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "http/message.hpp"

namespace freshet::http {

/// One for each I/O thread: it keeps the Date of the current second as text.
class HeadWriter {
 public:
  /// `server_name` may be empty: no Server header. Throws config if it cannot stand in a header.
  explicit HeadWriter(std::string_view server_name);

  /// Status line, Server and Date.
  void begin(Bytes& out, unsigned status);

 private:
  void refresh(std::time_t second);

  std::string common_;  // "Server: freshet\r\nDate: Tue, 24 Nov 2026 05:34:19 GMT\r\n"
  std::time_t second_ = 0;
};

/// `name: value` and a line end.
void append_header(Bytes& out, std::string_view name, std::string_view value);
void append_header(Bytes& out, std::string_view name, std::uint64_t number);

/// The headers as lines ready to be sent (Response::head_lines), without those that are the listener's. Throws
/// Error(internal), naming it, if one cannot be sent.
[[nodiscard]] std::string header_lines(const std::vector<std::pair<std::string, std::string>>& headers);

/// A token for a name, and a value that cannot end its line: nothing below SP but HTAB, no DEL.
[[nodiscard]] bool header_is_safe(std::string_view name, std::string_view value) noexcept;
/// Headers that are the listener's business; a handler's are not sent.
[[nodiscard]] bool header_is_reserved(std::string_view name) noexcept;

}  // namespace freshet::http
