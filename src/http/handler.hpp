#pragma once
// What the listener calls for each request.

#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "http/message.hpp"

namespace freshet::http {

/// Where an answer of unknown length goes, chunk by chunk; each write resumes when the peer has taken enough of what
/// went before (back-pressure). Throws Error(cancelled) when nobody reads on: the peer is gone, the request was given
/// up, or its method is HEAD. An empty chunk sends what waits and no more.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  [[nodiscard]] virtual boost::asio::awaitable<void> write(Bytes chunk) = 0;
};

/// One request and its answer: exactly one of respond() or stream() is called. HEAD, Content-Length, Content-Encoding,
/// Vary, Date, Connection, request id and CORS are the exchange's business, not the handler's.
class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual const Request& request() const noexcept = 0;

  /// The complete answer. Cheap: written when the handler returns.
  virtual void respond(Response response) = 0;

  // For a handler that keeps bodies in several codings: it chooses one, encodes once, and says so in Response::coding.
  /// What this request would get for a body of that type and length: identity where compression is off or the body is
  /// too small. No allocation.
  [[nodiscard]] virtual Coding choose_coding(std::string_view content_type,
                                             std::size_t identity_bytes) const noexcept = 0;
  /// `body`, which must stay until this resumes, in `coding`: large ones on another thread, and time counts against the
  /// request's. nullopt: it cannot be had now, send the identity. identity gives nullopt too.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<Bytes>> encode(Coding coding, std::string_view body) = 0;

  /// Takes the head (response.body ignored) and returns the writer for the rest, which uses chunked transfer coding.
  /// The head leaves with the first chunk, so that an error before it can still be answered. When the handler returns
  /// the body ends properly; when it throws later, the connection is cut so that the peer cannot mistake a part for the
  /// whole.
  [[nodiscard]] virtual boost::asio::awaitable<BodyWriter*> stream(Response head) = 0;

  /// Name of the matched route ("/dashboard/{category}") for log and metrics; static for the life of the exchange.
  virtual void set_route(std::string_view route) = 0;
  /// A text that the handler keeps with the connection; empty at its first request.
  [[nodiscard]] virtual std::string& note() noexcept = 0;
  /// Microseconds spent waiting for a session and in the database, for the access log.
  virtual void set_database_time(std::uint64_t wait_us, std::uint64_t run_us) = 0;
};

/// Serves every request of a listener. Shared between I/O threads: serve() and try_serve() are called concurrently.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers at once if it can without waiting (constant answers, cache hits); false: call serve(). Must not throw.
  [[nodiscard]] virtual bool try_serve(Exchange& exchange) noexcept = 0;
  /// Answers, waiting as needed. An Error thrown becomes a problem document; any other exception a 500, logged.
  [[nodiscard]] virtual boost::asio::awaitable<void> serve(Exchange& exchange) = 0;
  /// For OPTIONS: the methods of a path ("GET, HEAD"), or empty if there is no such path (then OPTIONS is served like
  /// any method). Must not block.
  [[nodiscard]] virtual std::string allowed(std::string_view raw_path) const {
    static_cast<void>(raw_path);
    return {};
  }
};

}  // namespace freshet::http
