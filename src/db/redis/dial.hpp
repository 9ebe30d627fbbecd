#pragma once
// From an address to a connection that is ready for commands: connected, authenticated, on the right database,
// answering.

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "core/error.hpp"
#include "db/redis/address.hpp"
#include "db/redis/transport.hpp"

namespace freshet::db::redis {

struct DialOptions {
  Address address;
  std::string ca_file;           // of the server's certificate; empty: the system's authorities
  std::string name = "freshet";  // in CLIENT LIST
  std::chrono::milliseconds timeout{1'000};
};

/// Error(unavailable) with what is wrong; never throws.
[[nodiscard]] boost::asio::awaitable<Expected<std::unique_ptr<Transport>>> dial(DialOptions options);

}  // namespace freshet::db::redis
