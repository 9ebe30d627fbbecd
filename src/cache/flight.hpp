#pragma once
// Single flight: a thousand concurrent misses of a key run its work once.
//
// Two rules keep this honest:
// - **Who began after a flight did may take its result only as a lookup would**: something may have been committed
//   between the flight's snapshot and the waiter's start. run() asks the waiter's `usable` (is the feed current or
//   caught up, does the stamp hold?), and if the answer is no, the waiter flies again or joins a flight that began
//   after it, whose result needs no question. So nobody waits for more than two flights, but for those that are
//   cancelled.
// - A flight whose leader is cancelled tells nobody anything: the next waiter takes over. One that fails tells its
// error
//   to all who wait, since they would fail the same way, at the same price.
//
// Any number of threads and executors; each coroutine is resumed on its own. The Flights must outlive every run().

#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/error.hpp"
#include "core/mutant.hpp"

namespace freshet::cache {

/// Happens once; wakes all coroutines that wait for it. Thread-safe.
class Landing {
 public:
  struct Waiter {
    virtual ~Waiter() = default;
    /// Resumes the coroutine on its executor, with an error if it is not null.
    virtual void wake(std::unique_ptr<Waiter> self, std::exception_ptr error) = 0;
  };

  Landing() = default;
  ~Landing();
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  /// Returns when land() was called. Throws Error(cancelled) when the waiting coroutine is cancelled. The Landing must
  /// outlive it.
  [[nodiscard]] boost::asio::awaitable<void> wait();
  void land();

  [[nodiscard]] std::size_t waiters() const;

  /// For wait(): puts it in, or wakes it at once.
  void add(std::unique_ptr<Waiter> waiter);
  /// For wait(): takes it out and wakes it, unless it is woken already.
  void cancel(const Waiter* waiter);

 private:
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<Waiter>> waiters_;  // guarded by mutex_
  bool landed_ = false;                         // guarded by mutex_
};

/// Flights whose results are of type Result (copied to each waiter: a pointer to what is shared).
template <class Result>
class Flights {
 public:
  using Work = std::function<boost::asio::awaitable<Result>()>;
  /// Whether the result of a flight that began earlier is true now.
  using Usable = std::function<boost::asio::awaitable<bool>(const Result&)>;

  /// The result of `work`, run here or by another caller with the same key.
  [[nodiscard]] boost::asio::awaitable<Result> run(std::string key, Work work, Usable usable) {
    const std::uint64_t began = next_turn();
    while (true) {
      auto [flight, leads] = board(key);
      if (leads) co_return co_await lead(key, flight, work);
      co_await flight->landing.wait();
      if (flight->error) std::rethrow_exception(flight->error);
      if (!flight->result) continue;  // its leader was cancelled
      if (flight->turn >= began || mutant("waiter_takes_older_flight")) co_return *flight->result;
      const bool still_true = co_await usable(*flight->result);
      if (still_true) co_return *flight->result;
    }
  }

  /// Flights under way, and coroutines that wait for them.
  [[nodiscard]] std::pair<std::size_t, std::size_t> figures() const {
    const std::lock_guard lock(mutex_);
    std::size_t waiting = 0;
    for (const auto& [key, flight] : flights_) waiting += flight->landing.waiters();
    return {flights_.size(), waiting};
  }

 private:
  struct Flight {
    std::uint64_t turn = 0;
    // Written by the leader before it lands, read by others after.
    std::optional<Result> result;
    std::exception_ptr error;
    Landing landing;
  };

  /// Lands the flight however the leader's coroutine ends, even if its frame is destroyed.
  class Lander {
   public:
    Lander(Flights& flights, const std::string& key, Flight& flight) : flights_(flights), key_(key), flight_(flight) {}
    ~Lander() {
      {
        const std::lock_guard lock(flights_.mutex_);
        flights_.flights_.erase(key_);
      }
      flight_.landing.land();
    }
    Lander(const Lander&) = delete;
    Lander& operator=(const Lander&) = delete;

   private:
    Flights& flights_;
    const std::string& key_;
    Flight& flight_;
  };

  [[nodiscard]] std::uint64_t next_turn() {
    const std::lock_guard lock(mutex_);
    return ++turn_;
  }

  [[nodiscard]] std::pair<std::shared_ptr<Flight>, bool> board(const std::string& key) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Flight>& flight = flights_[key];
    const bool leads = flight == nullptr;
    if (leads) {
      flight = std::make_shared<Flight>();
      flight->turn = ++turn_;
    }
    return {flight, leads};
  }

  [[nodiscard]] boost::asio::awaitable<Result> lead(const std::string& key, std::shared_ptr<Flight> flight,
                                                    const Work& work) {
    const Lander lander(*this, key, *flight);
    std::exception_ptr failure;
    try {
      flight->result.emplace(co_await work());
    } catch (const Error& error) {
      failure = std::current_exception();
      if (error.kind() != ErrorKind::cancelled) flight->error = failure;
    } catch (...) {
      failure = std::current_exception();
      flight->error = failure;
    }
    if (failure) {
      // Whatever a cancelled caller's work says of it, it says nothing about the work of others.
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) flight->error = nullptr;
      std::rethrow_exception(failure);
    }
    co_return *flight->result;
  }

  mutable std::mutex mutex_;
  std::uint64_t turn_ = 0;                                            // guarded by mutex_
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;  // guarded by mutex_
};

}  // namespace freshet::cache
