#pragma once
// A Redis server, as the rest of Freshet asks it: many coroutines at once over one connection, from any thread.
//
// Made for what a request can do without: nothing here throws for what Redis does or does not do, nothing blocks, and
// nothing waits for longer than it was told to. A server that is away or slow is not asked at all after a moment
// (breaker.hpp), costs a request nothing then, and is asked again by itself within pause_max of being well.
//
// One thread of its own does the reading and writing. What many ask within one round of it goes out in one write.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "core/error.hpp"
#include "core/log.hpp"
#include "db/redis/breaker.hpp"
#include "db/redis/dial.hpp"
#include "db/redis/link.hpp"
#include "db/redis/reply.hpp"
#include "db/redis/request.hpp"

namespace freshet::db::redis {

struct ClientOptions {
  DialOptions dial;
  std::chrono::milliseconds timeout{50};           // of a request that does not say another
  std::size_t requests_max = 10'000;               // waiting at once
  std::size_t bytes_max = std::size_t{64} << 20U;  // of requests that wait
  LinkOptions link;
  BreakerOptions breaker;
};

struct ClientFigures {
  BreakerState breaker = BreakerState::open;
  std::uint64_t requests = 0;   // that were sent
  std::uint64_t not_asked = 0;  // since the breaker was open
  std::uint64_t refused = 0;    // since too many waited
  std::uint64_t timeouts = 0, lost = 0, reconnects = 0, breaker_opened = 0;
  std::size_t waiting = 0, waiting_bytes = 0;  // now
  std::uint64_t latency_us_total = 0, latency_us_max = 0;
};

class Client {
 public:
  /// Connects in the background, for as long as it takes. Throws nothing but what a thread may.
  Client(ClientOptions options, Log log);
  /// close(). Must outlive every ask().
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// True if Redis would be asked now. Any thread; one load.
  [[nodiscard]] bool available() const noexcept;

  /// The replies, one for each command; what Redis refuses is a reply of type error. Errors: unavailable (not
  /// connected, breaker open, too many wait, connection lost: whether the commands were run is not known), timeout,
  /// cancelled.
  [[nodiscard]] boost::asio::awaitable<Expected<Replies>> ask(Request request);
  [[nodiscard]] boost::asio::awaitable<Expected<Replies>> ask(Request request, std::chrono::milliseconds timeout);

  /// For what nobody waits for. Goes out after what was asked before by the same thread. False: not sent. `done`,
  /// unless it is empty, is called on the client's thread, and must be short.
  using Done = std::function<void(const Expected<Replies>&)>;
  bool tell(Request request, Done done = {});

  [[nodiscard]] ClientFigures figures() const;
  [[nodiscard]] const ClientOptions& options() const noexcept;
  /// The client's own thread, for what belongs to it: a subscription, timers. Must not be blocked.
  [[nodiscard]] boost::asio::any_io_executor executor() const;
  /// Runs `what` on that thread. False: it is closed, and will not.
  bool post(std::function<void()> what);

  /// Tells all who wait, and ends the thread. Blocking; idempotent.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::db::redis
