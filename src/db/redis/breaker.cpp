#include "db/redis/breaker.hpp"

#include <algorithm>
#include <bit>

namespace freshet::db::redis {
namespace {

constexpr int bad_max = 32;             // of the last 64
constexpr unsigned settled_after = 64;  // good answers in a row, after which past troubles no longer lengthen the pause

}  // namespace

std::string_view to_string(BreakerState state) noexcept {
  if (state == BreakerState::closed) return "closed";
  return state == BreakerState::open ? "open" : "half-open";
}

bool Breaker::answered(std::chrono::nanoseconds latency) noexcept { return count(latency <= options_.slow); }

bool Breaker::timed_out() noexcept { return count(false); }

bool Breaker::lost() noexcept { return open(); }

bool Breaker::count(bool good) noexcept {
  if (state() != BreakerState::closed) return false;  // late news
  bad_ = bad_ << 1U | (good ? 0U : 1U);
  failures_ = good ? 0 : failures_ + 1;
  good_in_a_row_ = good ? good_in_a_row_ + 1 : 0;
  if (good_in_a_row_ >= settled_after) pause_ = options_.pause_min;
  return (failures_ >= options_.failures_max || std::popcount(bad_) >= bad_max) && open();
}

bool Breaker::open() noexcept {
  const bool was_closed = state_.exchange(BreakerState::open, std::memory_order_acq_rel) == BreakerState::closed;
  if (was_closed) opened_.fetch_add(1, std::memory_order_relaxed);
  return was_closed;
}

void Breaker::probing() noexcept { state_.store(BreakerState::half_open, std::memory_order_release); }

void Breaker::probe_failed() noexcept {
  pause_ = std::min(pause_ * 2, options_.pause_max);
  state_.store(BreakerState::open, std::memory_order_release);
}

void Breaker::probe_succeeded() noexcept {
  bad_ = 0;
  failures_ = 0;
  good_in_a_row_ = 0;
  // A server that comes and goes is not asked more often for it: the pause shrinks once it has been well for a while.
  pause_ = std::min(pause_ * 2, options_.pause_max);
  state_.store(BreakerState::closed, std::memory_order_release);
}

}  // namespace freshet::db::redis
