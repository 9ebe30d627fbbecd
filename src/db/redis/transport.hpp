#pragma once
// A connected socket to a Redis server, of whatever kind: TCP, TLS or a Unix socket. Bytes only.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include "db/redis/address.hpp"

namespace freshet::db::redis {

/// Used on one executor only. One read and one write may be under way at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  /// At least one byte. Both throw boost::system::system_error, also when the other side has closed.
  [[nodiscard]] virtual boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) = 0;
  /// All of it. `bytes` must stay until it has returned.
  [[nodiscard]] virtual boost::asio::awaitable<void> write(std::string_view bytes) = 0;
  /// Ends both, at once. Idempotent.
  virtual void close() noexcept = 0;
};

/// Connects, without a limit of time: cancel it. Of TLS, the server's certificate is verified against its host and
/// `ca_file` (PEM; empty: the system's authorities). Throws boost::system::system_error.
[[nodiscard]] boost::asio::awaitable<std::unique_ptr<Transport>> connect(Address address, std::string ca_file);

}  // namespace freshet::db::redis
