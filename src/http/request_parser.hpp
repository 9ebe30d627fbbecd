#pragma once
// Reads requests out of a connection's buffer, strictly (RFC 9112): what two parsers could read in two ways is refused,
// so that nothing can be smuggled past a proxy. No sockets, no clock: bytes in, a verdict out. Framing and field syntax
// are Boost.Beast's; limits, the rules against smuggling and the forms of the target are added here.
//
// Used by one connection on one thread. No allocation a request once the header array has grown.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/bytes.hpp"
#include "http/message.hpp"

namespace freshet::http {

struct ParserLimits {
  std::size_t header_bytes_max = 64 * 1024;  // request line and fields
  std::size_t target_bytes_max = 16 * 1024;
  std::size_t headers_max = 100;
  std::size_t body_bytes_max = 1024 * 1024;
};

/// Why a request is not served. The connection cannot go on after it: nobody knows where the next request begins.
struct Refusal {
  unsigned status = 0;      // 400, 408, 413, 414, 417, 431, 501, 505
  std::string_view detail;  // static text
};

/// What a head says about the connection and the body, beyond the Request itself.
struct Framing {
  std::size_t head_bytes = 0;  // from the start of the bytes given, leading empty lines included
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool expects_continue = false;
  std::string_view request_id;  // X-Request-Id as sent
  std::string_view origin;      // Origin as sent
};

class RequestParser {
 public:
  enum class Verdict : std::uint8_t { need_more, complete, refused };

  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Looks for a whole head at the start of `bytes`; call it again with the same bytes and more. Complete: `request`
  /// has method, target, path, query and headers (views into `bytes` and into this parser), framing() the rest.
  [[nodiscard]] Verdict head(std::string_view bytes, Request& request);
  [[nodiscard]] const Framing& framing() const noexcept { return framing_; }

  /// Decodes chunks of a chunked body: appends their content to `out` and tells how many bytes are used up. The rest
  /// must be given again, with more. Complete: the body and its trailers (ignored) are over.
  [[nodiscard]] Verdict chunks(std::string_view bytes, std::size_t& used, Bytes& out);

  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }

  /// Ready for the next request.
  void reset() noexcept;

 private:
  class Message;

  Verdict refuse(unsigned status, std::string_view detail) noexcept;
  Verdict find_end(std::string_view bytes);
  Verdict parse(std::string_view head, Request& request);

  ParserLimits limits_;
  Framing framing_;
  Refusal refusal_;
  std::unique_ptr<Message> message_;
  std::size_t line_start_ = 0;  // of the line that is being searched for its end
  std::size_t searched_ = 0;    // bytes known to hold no further line end
  std::size_t lines_ = 0;
  std::size_t skipped_ = 0;  // bytes of empty lines before the request line
};

}  // namespace freshet::http
