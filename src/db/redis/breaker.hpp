#pragma once
// When to stop asking a server that does not answer, or too slowly, and when to try again. Decides only: time comes in
// as numbers, what to do goes out.
//
// Open from the beginning, since nothing is known of the server: the first probe that succeeds (a connection, a PING)
// closes it. It opens when too many commands in a row, or half of the last ones, were not answered in time, and when
// the connection is lost. Nobody's request is ever a probe.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace freshet::db::redis {

struct BreakerOptions {
  unsigned failures_max = 5;                // in a row
  std::chrono::milliseconds slow{25};       // an answer later than that is as good as none
  std::chrono::milliseconds pause_min{50};  // before the first probe, doubled with each that fails
  std::chrono::milliseconds pause_max{1'000};
};

enum class BreakerState : std::uint8_t { open, half_open, closed };
[[nodiscard]] std::string_view to_string(BreakerState state) noexcept;

/// Events come from one thread; state() and allows() may be asked from any.
class Breaker {
 public:
  explicit Breaker(BreakerOptions options) noexcept : options_(options), pause_(options.pause_min) {}

  [[nodiscard]] BreakerState state() const noexcept { return state_.load(std::memory_order_acquire); }
  /// Whether requests may be sent.
  [[nodiscard]] bool allows() const noexcept { return state() == BreakerState::closed; }

  // What happened to a request. True: the breaker has opened by it.
  [[nodiscard]] bool answered(std::chrono::nanoseconds latency) noexcept;
  [[nodiscard]] bool timed_out() noexcept;
  [[nodiscard]] bool lost() noexcept;

  // Probing, while it is not closed.
  /// How long to wait before the next probe.
  [[nodiscard]] std::chrono::milliseconds pause() const noexcept { return pause_; }
  void probing() noexcept;
  void probe_failed() noexcept;
  void probe_succeeded() noexcept;

  [[nodiscard]] std::uint64_t opened() const noexcept { return opened_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] bool count(bool good) noexcept;
  bool open() noexcept;

  const BreakerOptions options_;
  std::atomic<BreakerState> state_{BreakerState::open};
  std::atomic<std::uint64_t> opened_{0};
  std::chrono::milliseconds pause_;
  std::uint64_t bad_ = 0;       // of the last 64 requests, a bit each, the newest lowest
  unsigned failures_ = 0;       // in a row
  unsigned good_in_a_row_ = 0;  // since it closed
};

}  // namespace freshet::db::redis
