#pragma once
// One pool for every driver: at most size + overflow sessions, first come, first served.
//
// The pool hands out places; a place may hold a session or have room for one. Whoever is granted a place gets a Lease
// with what is to be done first (open, reset, ping, replace), does that on a thread or executor where it may take its
// time, uses the session, and says how it comes back. So the pool itself never blocks, and opens nothing.
//
//   Lease lease = co_await acquire(pool, deadline);             // or, with a driver that opens and pings:
//   Lease lease = co_await acquire_ready(pool, driver, deadline);
//   … lease.session<MySession>() …
//   lease.return_clean();      // else, when it goes out of scope, the next user resets it first

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "core/async/alarm_clock.hpp"
#include "core/error.hpp"
#include "db/database.hpp"
#include "db/pool_policy.hpp"

namespace freshet::db {

/// What a pool keeps. Destroyed on whatever thread closes it.
class PoolSession {
 public:
  virtual ~PoolSession() = default;
  /// It is broken and will be replaced before it is used again: lets go of what it holds. Called by whoever returns it.
  virtual void abandon() noexcept {}
};

class Pool;

/// The use of one place in a pool; comes back by itself. Move-only. Keeps the pool alive. Not thread-safe, but it may
/// wander from thread to thread.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept : pool_(std::move(other.pool_)), place_(std::exchange(other.place_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { give_back(SessionState::dirty); }

  [[nodiscard]] explicit operator bool() const noexcept { return place_ != nullptr; }
  /// What has to be done before the session is used.
  [[nodiscard]] Preparation preparation() const noexcept;
  /// The session, or null if it is to be opened.
  [[nodiscard]] PoolSession* session() const noexcept;
  template <class T>
  [[nodiscard]] T* session() const noexcept {
    return static_cast<T*>(session());
  }

  /// Puts a session that was just opened into the place; the one that was there is destroyed.
  void install(std::unique_ptr<PoolSession> session);
  /// The session has been opened anew in its place.
  void renewed();

  /// Returns it without a reset: it holds no transaction, no lock and no changed setting.
  void return_clean() noexcept { give_back(SessionState::clean); }
  /// Returns it as broken.
  void discard() noexcept { give_back(SessionState::broken); }

 private:
  friend class Pool;
  struct Place;
  Lease(std::shared_ptr<Pool> pool, Place* place) noexcept : pool_(std::move(pool)), place_(place) {}
  void give_back(SessionState state) noexcept;

  std::shared_ptr<Pool> pool_;
  Place* place_ = nullptr;
};

/// Why nobody gets a session.
enum class Refusal : std::uint8_t { timed_out, queue_full, closing };
/// As an Error: unavailable, with Retry-After.
[[nodiscard]] Error to_error(Refusal refusal);

/// Somebody who wants a session. Hears exactly one of granted() and refused(), unless withdrawn before; lives until
/// then.
class PoolWaiter {
 public:
  virtual ~PoolWaiter() = default;
  /// On the thread of whoever returned the place, or within acquire(). Must be short: pass on what takes time.
  virtual void granted(Lease lease) noexcept = 0;
  virtual void refused(Refusal refusal) noexcept = 0;

 private:
  friend class Pool;
  PoolWaiter* before_ = nullptr;  // in the pool's queue; guarded by its mutex
  PoolWaiter* after_ = nullptr;
  bool queued_ = false;
  PoolTime since_{};
  PoolTime deadline_{};
};

/// Thread-safe; all that is done under its lock is moving pointers. Always owned by a shared_ptr.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  using Now = std::function<PoolTime()>;
  /// `alarms` rings for waits that have lasted too long and for surplus sessions; without it (tests) the owner calls
  /// expire() and trim() itself.
  Pool(const PoolLimits& limits, AlarmClock* alarms, Now now = std::chrono::steady_clock::now);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Grants or refuses at once, or queues `waiter` until a place is free or `deadline` has passed.
  void acquire(PoolWaiter& waiter, PoolTime deadline);
  /// Takes `waiter` out of the queue; true: it was in it and hears nothing more.
  [[nodiscard]] bool withdraw(PoolWaiter& waiter) noexcept;

  /// Refuses those whose deadline has passed; returns the next deadline, or AlarmClock::never.
  PoolTime expire(PoolTime now);
  /// Closes surplus sessions; returns when the next one will be surplus, or AlarmClock::never.
  PoolTime trim(PoolTime now);

  /// From now on nobody new is admitted; those who wait still get their turn.
  void close();
  void refuse_waiting();
  /// Waits until nobody waits and every lease is back, or `deadline`. True if so.
  bool wait_until_quiet(PoolTime deadline);
  /// Destroys the sessions that are not leased.
  void destroy_idle();
  /// Calls `visit` with every session, leased or not, with the pool locked.
  void visit_sessions(const std::function<void(PoolSession&)>& visit);

  [[nodiscard]] PoolFigures figures() const;

 private:
  friend class Lease;
  struct Granted {
    PoolWaiter* waiter;
    Lease::Place* place;
  };

  void give_back(Lease::Place& place, SessionState state) noexcept;
  void install(Lease::Place& place, std::unique_ptr<PoolSession> session);
  void renewed(Lease::Place& place);
  // With mutex_ held:
  [[nodiscard]] PoolCounts counts() const noexcept;
  void enqueue(PoolWaiter& waiter, PoolTime now, PoolTime deadline) noexcept;
  void unlink(PoolWaiter& waiter) noexcept;
  void lend(Lease::Place& place, PoolTime now) noexcept;
  void note_wait(const PoolWaiter& waiter, PoolTime now) noexcept;
  [[nodiscard]] Lease::Place& vacant_place();

  const PoolLimits limits_;
  const Now now_;

  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  std::vector<std::unique_ptr<Lease::Place>> places_;  // all there ever were
  std::vector<Lease::Place*> vacant_;                  // without a session, lent to nobody
  std::vector<Lease::Place*> idle_;                    // with one; the last one returned is used first
  PoolWaiter* first_ = nullptr;
  PoolWaiter* last_ = nullptr;
  int open_ = 0;
  int waiting_ = 0;
  bool closing_ = false;
  PoolFigures totals_;

  std::optional<Alarm> wait_alarm_;  // taken before mutex_, never with it held
  std::optional<Alarm> trim_alarm_;
};

/// A place for the calling coroutine. Throws unavailable (see Refusal), cancelled if the coroutine is cancelled, which
/// gives its turn to the next.
[[nodiscard]] boost::asio::awaitable<Lease> acquire(std::shared_ptr<Pool> pool, PoolTime deadline);

/// How acquire_ready() makes sessions usable.
class PoolDriver {
 public:
  virtual ~PoolDriver() = default;
  /// A new session; throws if there can be none.
  [[nodiscard]] virtual boost::asio::awaitable<std::unique_ptr<PoolSession>> open() = 0;
  /// False: the session is gone.
  [[nodiscard]] virtual boost::asio::awaitable<bool> ping(PoolSession& session) = 0;
  /// Makes a session as good as new; false: it cannot be.
  [[nodiscard]] virtual boost::asio::awaitable<bool> reset(PoolSession& session) = 0;
};

/// acquire(), and then what Lease::preparation() says.
[[nodiscard]] boost::asio::awaitable<Lease> acquire_ready(std::shared_ptr<Pool> pool, PoolDriver& driver,
                                                          PoolTime deadline);

}  // namespace freshet::db
