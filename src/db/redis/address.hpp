#pragma once
// Where a Redis server is, and who we are to it.

#include <cstdint>
#include <string>
#include <string_view>

namespace freshet::db::redis {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string socket_path;     // of a Unix socket: then host and port count for nothing
  std::string user, password;  // empty: none
  unsigned database = 0;
  bool tls = false;

  /// For people and logs: without the password.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;
};

/// `redis://[[user]:password@]host[:port][/database]`, `rediss://…` for TLS, `unix:[//][[user]:password@]/path[?db=1]`.
/// Throws Error(config) for anything else; its words never repeat a password.
[[nodiscard]] Address parse_address(std::string_view url);

}  // namespace freshet::db::redis
