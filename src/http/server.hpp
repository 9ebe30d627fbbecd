#pragma once
// The listener: one io_context a core, each with its own listening socket on the same port (SO_REUSEPORT), so that a
// connection lives and dies on one thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/error.hpp"
#include "http/handler.hpp"
#include "http/negotiation.hpp"

namespace freshet::http {

/// freshet.toml's [server.compression].
struct CompressionOptions {
  bool enabled = true;
  int level = 4;                 // 1 fast ... 9 small, as each library means it
  std::size_t min_bytes = 1024;  // smaller bodies are sent as they are; streams always count as large
  std::vector<Coding> algorithms{Coding::br, Coding::zstd, Coding::gzip};  // the first of equal weight wins

  friend bool operator==(const CompressionOptions&, const CompressionOptions&) = default;
};

/// freshet.toml's [server], [server.tls], [server.cors], [server.compression] and [log].
struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  unsigned threads = 0;       // 0: one a core

  std::size_t header_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 1024 * 1024;
  std::size_t target_bytes_max = 16 * 1024;
  std::size_t headers_max = 100;
  unsigned connections_max = 10'000;                  // beyond: accepted, answered 503, closed
  std::chrono::milliseconds header_timeout{10'000};   // first byte of a request to end of its head
  std::chrono::milliseconds body_timeout{30'000};     // end of head to end of body
  std::chrono::milliseconds request_timeout{60'000};  // handler's time: 504 beyond
  std::chrono::milliseconds write_timeout{30'000};    // no progress in sending
  std::chrono::milliseconds idle_timeout{75'000};     // keep-alive
  std::chrono::milliseconds drain_timeout{10'000};    // SIGTERM to the end of what runs

  std::string tls_certificate_file, tls_key_file;  // both or none

  std::vector<std::string> cors_origins;  // empty: no CORS; "*": any
  bool cors_credentials = false;
  std::vector<std::string> cors_expose_headers;
  std::chrono::seconds cors_max_age{86'400};

  std::string server_name = "freshet";  // Server header; empty: none

  CompressionOptions compression;
  std::size_t etag_body_max = 4 * 1024 * 1024;  // larger bodies get no ETag made from them; 0: none does
  bool server_timing = false;                   // Server-Timing header: the time in the database

  friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

/// Throws config for what a Server would refuse of its options whatever the machine: CORS, certificate and key.
void verify(const ServerOptions& options);

/// One finished request, for the access log and the metrics. Views live during the call only.
struct AccessRecord {
  const Request* request = nullptr;
  std::string_view route;  // empty: none matched
  unsigned status = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds duration{0};
  std::uint64_t database_wait_us = 0, database_run_us = 0;
  std::string_view error;  // log text of what went wrong: message, log_detail, place
};

/// Hears of each finished request, on its I/O thread. Must not block.
class AccessObserver {
 public:
  virtual ~AccessObserver() = default;
  virtual void finished(const AccessRecord& record) noexcept = 0;
};

struct ServerFigures {
  std::uint64_t connections_accepted = 0, connections_open = 0, connections_refused = 0;
  std::uint64_t requests = 0, requests_in_flight = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t timeouts = 0, bad_requests = 0;
  std::uint64_t encodings_refused = 0;  // bodies that left as they were, since too much was being encoded
  std::uint64_t encoding_bytes = 0;     // of large bodies that are being encoded now, or wait for it
};

/// Its threads' io_contexts end with it, and whatever still waits in them. So it outlives whoever resumes handlers from
/// threads of its own: drain() first, then close the database, and only then destroy the server.
class Server {
 public:
  /// Binds (throws config with a hint: port taken, no permission, bad certificate) but does not serve yet.
  /// `observer` outlives the server.
  Server(ServerOptions options, std::shared_ptr<Handler> handler, AccessObserver* observer);
  /// Drains, if that has not been done.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Starts the I/O threads; returns at once.
  void start();
  /// Graceful: stops accepting, answers what runs (Connection: close), ends idle connections, waits until done or
  /// drain_timeout, then cuts the rest. Blocking; idempotent. Returns how many requests were cut.
  std::size_t drain();

  [[nodiscard]] ServerFigures figures() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::http
