#pragma once
// Who of all processes makes an answer while the others wait for it. Saves work, never decides what is true: whoever
// loses a lease, or has none, may make the answer all the same.
//
// A lease is a key in Redis with a token that no other lease has, short-lived and renewed while its holder works: a
// holder that dies is followed within `duration` and a poll. Only its own token releases it. Those who wait are woken
// by a message, or find out by asking again.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "db/redis/client.hpp"

namespace freshet::cache {

struct LeaseOptions {
  std::chrono::milliseconds duration{150};    // renewed every third of it
  std::chrono::milliseconds wait_max{2'000};  // who has waited that long makes the answer itself
  std::chrono::milliseconds poll{25};
};

struct LeaseFigures {
  std::uint64_t taken = 0;
  std::uint64_t lost = 0;     // by holders that were too slow to renew them
  std::uint64_t waits = 0;    // for others' work
  std::uint64_t gave_up = 0;  // after wait_max, or since Redis went away meanwhile
};

class LeaseBook;

/// Held as long as it lives; its end tells those who wait. Move-only; may be empty. Thread-safe in the sense that it
/// may end on any thread.
class Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<LeaseBook> book, std::string name, std::string token);
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { release(); }

  [[nodiscard]] bool held() const noexcept { return book_ != nullptr; }
  /// Goes out after whatever this thread has told Redis before.
  void release() noexcept;

 private:
  std::shared_ptr<LeaseBook> book_;
  std::string name_, token_;
};

/// The leases that this process holds, and those that it waits for. Thread-safe. The client must outlive it and every
/// lease.
class LeaseBook : public std::enable_shared_from_this<LeaseBook> {
 public:
  /// `channel`: where releases are published; whoever subscribes to it calls ring().
  [[nodiscard]] static std::shared_ptr<LeaseBook> open(db::redis::Client& client, std::string channel,
                                                       LeaseOptions options);
  ~LeaseBook();
  LeaseBook(const LeaseBook&) = delete;
  LeaseBook& operator=(const LeaseBook&) = delete;

  /// Adds the command that takes the lease of `name` if nobody has it: OK or nil.
  void add_attempt(db::redis::Request& request, std::string_view name, std::string_view token) const;
  [[nodiscard]] std::string new_token();
  /// After an attempt has succeeded.
  [[nodiscard]] Lease hold(std::string name, std::string token);

  /// The lease of `name` has ended: wakes who waits for it here.
  void ring(std::string_view name);

  [[nodiscard]] const LeaseOptions& options() const noexcept;
  [[nodiscard]] LeaseFigures figures() const noexcept;
  void count_wait(bool in_vain) noexcept;

 private:
  friend class Bell;
  friend class Lease;
  struct State;
  LeaseBook(db::redis::Client& client, std::string channel, LeaseOptions options);
  void release(const std::string& name, const std::string& token);
  void renew_later();
  void renew();

  const std::unique_ptr<State> state_;
};

/// Hears when the lease of a name ends, from its construction on. For one coroutine, whose executor is one thread's.
class Bell {
 public:
  Bell(std::shared_ptr<LeaseBook> book, std::string name);
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  /// Returns at once if it has rung since the last wait, else when it rings, and after `time` at the latest.
  [[nodiscard]] boost::asio::awaitable<void> wait(std::chrono::milliseconds time);

 private:
  friend class LeaseBook;
  struct Inside;
  const std::shared_ptr<LeaseBook> book_;
  const std::string name_;
  const std::shared_ptr<Inside> inside_;
};

}  // namespace freshet::cache
