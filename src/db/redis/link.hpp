#pragma once
// One connection, on which many ask at once: requests go out in the order in which they come, as many as there are in
// one write, and replies come back in the same order. It lives until something is wrong with it; then everybody who
// waits hears so, and another is made (client.hpp).
//
// Everything on one executor, which is one thread.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/error.hpp"
#include "db/redis/reply.hpp"
#include "db/redis/reply_parser.hpp"
#include "db/redis/request.hpp"
#include "db/redis/transport.hpp"

namespace freshet::db::redis {

/// Counts a request, and its bytes, among those that wait, as long as it lives.
class Place {
 public:
  Place() = default;
  Place(std::atomic<std::size_t>& requests, std::atomic<std::size_t>& all_bytes, std::size_t bytes) noexcept
      : requests_(&requests), all_bytes_(&all_bytes), bytes_(bytes) {
    requests.fetch_add(1, std::memory_order_relaxed);
    all_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  Place(Place&& other) noexcept { *this = std::move(other); }
  Place& operator=(Place&& other) noexcept {
    std::swap(requests_, other.requests_);
    std::swap(all_bytes_, other.all_bytes_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (requests_ == nullptr) return;
    requests_->fetch_sub(1, std::memory_order_relaxed);
    all_bytes_->fetch_sub(bytes_, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::size_t>* requests_ = nullptr;
  std::atomic<std::size_t>* all_bytes_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Waits for the replies to a request, and is told once.
class Asker {
 public:
  virtual ~Asker() = default;
  static void complete(std::unique_ptr<Asker> asker, Expected<Replies> result) {
    { const Place given_up = std::move(asker->place); }
    Asker& told = *asker;
    told.be_told(std::move(asker), std::move(result));
  }
  Place place;

 private:
  /// On the link's thread, but for who is refused.
  virtual void be_told(std::unique_ptr<Asker> self, Expected<Replies> result) = 0;
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
