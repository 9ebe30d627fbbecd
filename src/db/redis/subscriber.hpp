#pragma once
// Messages of one channel, on a connection of their own. A hint, no more: what is published while the connection is
// down is lost, and nothing says so to who published it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "db/redis/client.hpp"

namespace freshet::db::redis {

class Subscriber {
 public:
  using Listener = std::function<void(std::string_view message)>;

  /// Lives on the client's thread, where `listener` is called; it must be short. Connects as often as needed.
  Subscriber(Client& client, std::string channel, Listener listener);
  /// Once it has returned, the listener runs no more. Not to be called on the client's thread. The client must outlive
  /// it.
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// True while messages arrive. Any thread.
  [[nodiscard]] bool listening() const noexcept;

 private:
  Client& client_;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace freshet::db::redis
