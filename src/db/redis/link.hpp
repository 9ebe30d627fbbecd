#pragma once
// One connection, on which many ask at once: requests go out in the order in which they come, as many as there are in
// one write, and replies come back in the same order. It lives until something is wrong with it; then everybody who
// waits hears so, and another is made (client.hpp).
//
// Everything on one executor, which is one thread.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/error.hpp"
#include "db/redis/reply.hpp"
#include "db/redis/reply_parser.hpp"
#include "db/redis/request.hpp"
#include "db/redis/transport.hpp"

namespace freshet::db::redis {

/// Waits for the replies to a request. complete() is called once, on the link's thread.
class Asker {
 public:
  virtual ~Asker() = default;
  virtual void complete(std::unique_ptr<Asker> self, Expected<Replies> result) = 0;
};

struct LinkOptions {
  ReplyLimits replies;
  /// A connection on which the oldest request has waited that long is taken for dead.
  std::chrono::milliseconds silence_max{3'000};
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Event : std::uint8_t { answered, timed_out };
  /// Hears of each request that ends by itself, and how long it took.
  using Observer = std::function<void(Event, std::chrono::nanoseconds)>;
  /// Hears why the connection has ended, before anybody who waits does.
  using Mourner = std::function<void(const std::string& why)>;
  /// Hears of replies that nobody has asked for, as a subscription gets them.
  using Listener = std::function<void(Reply)>;

  Link(boost::asio::any_io_executor executor, std::unique_ptr<Transport> transport, LinkOptions options);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void observe(Observer observer) { observer_ = std::move(observer); }
  void on_end(Mourner mourner) { mourner_ = std::move(mourner); }
  void listen(Listener listener) { listener_ = std::move(listener); }

  /// Reads until the connection ends; returns why, for people. Who still waits has been told.
  [[nodiscard]] boost::asio::awaitable<std::string> run();

  /// `id` is for forget(). After `deadline` the asker gets Error(timeout), and the reply, when it comes, is dropped.
  void send(const Request& request, std::uint64_t id, Time deadline, std::unique_ptr<Asker> asker);
  /// Without a reply in line: where all replies go to the listener.
  void write(const Request& request);
  /// Takes the asker back: its reply is dropped. Null: it has been answered.
  [[nodiscard]] std::unique_ptr<Asker> forget(std::uint64_t id);
  /// Tells all who wait that there will be no answer; the connection stays.
  void give_up_waiting(const Error& error);
  /// Ends the connection, and run().
  void end(std::string why);

  [[nodiscard]] std::size_t waiting() const noexcept { return slots_.size(); }

 private:
  struct Slot {
    std::uint64_t id = 0;
    unsigned replies_due = 0;
    Time sent, deadline;
    std::unique_ptr<Asker> asker;  // null: nobody waits any more
    Replies replies;
  };

  [[nodiscard]] static boost::asio::awaitable<void> write_all(std::shared_ptr<Link> self);
  void take(Reply reply);
  void arm(Time deadline);
  void look_at_deadlines();

  const boost::asio::any_io_executor executor_;
  const std::unique_ptr<Transport> transport_;
  const LinkOptions options_;
  ReplyParser parser_;
  Observer observer_;
  Mourner mourner_;
  Listener listener_;
  std::string outgoing_;  // not yet written
  bool writing_ = false;
  std::deque<Slot> slots_;  // the oldest first
  boost::asio::steady_timer alarm_;
  Time alarm_at_ = Time::max();
  bool ended_ = false;
  std::string why_;
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace freshet::db::redis
