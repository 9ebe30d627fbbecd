#pragma once
// What a pool decides, as functions of numbers: no clock, no lock, no session. db/pool.hpp does what they say.

#include <chrono>
#include <cstdint>

namespace freshet::db {

using PoolTime = std::chrono::steady_clock::time_point;
using PoolDuration = std::chrono::steady_clock::duration;

struct PoolLimits {
  int size = 10;      // sessions kept open
  int overflow = 20;  // more of them while there is demand
  int queue_max = 10'000;
  PoolDuration recycle = std::chrono::hours(1);        // age at which a session is replaced
  PoolDuration idle = std::chrono::minutes(5);         // idle time after which one above `size` is closed
  PoolDuration ping_after = std::chrono::seconds(30);  // idle time after which a session is tried before it is used
};

/// `open` counts sessions that are leased, idle or being opened. Nobody waits while one is idle or may be opened.
struct PoolCounts {
  int open = 0;
  int idle = 0;
  int waiting = 0;
  bool closing = false;
};

/// What happens to whoever asks for a session.
enum class Admission : std::uint8_t { idle_session, new_session, wait, refuse_full, refuse_closing };
[[nodiscard]] constexpr Admission admit(const PoolLimits& limits, const PoolCounts& counts) noexcept {
  if (counts.closing) return Admission::refuse_closing;
  if (counts.waiting == 0) {  // else those who came before go first
    if (counts.idle > 0) return Admission::idle_session;
    if (counts.open < limits.size + limits.overflow) return Admission::new_session;
  }
  return counts.waiting < limits.queue_max ? Admission::wait : Admission::refuse_full;
}

/// How a session is, as far as its last user said.
enum class SessionState : std::uint8_t {
  absent,  // there is none: it is to be opened
  clean,   // as good as new
  dirty,   // its user said nothing: a transaction may be open
  broken,  // not to be used again
};

struct SessionFacts {
  SessionState state = SessionState::absent;
  PoolTime opened_at{};
  PoolTime returned_at{};
};

/// What is to be done with a session before it is used.
enum class Preparation : std::uint8_t { none, open, reset, ping, replace };
[[nodiscard]] constexpr Preparation preparation_for(const PoolLimits& limits, const SessionFacts& facts,
                                                    PoolTime now) noexcept {
  if (facts.state == SessionState::absent) return Preparation::open;
  if (facts.state == SessionState::broken) return Preparation::replace;
  if (now - facts.opened_at >= limits.recycle) return Preparation::replace;
  if (facts.state == SessionState::dirty) return Preparation::reset;  // which tries it, too
  return now - facts.returned_at >= limits.ping_after ? Preparation::ping : Preparation::none;
}

/// What happens to a place in the pool that comes back.
enum class Disposal : std::uint8_t { hand_over, park, vacate };
[[nodiscard]] constexpr Disposal dispose(const PoolCounts& counts, SessionState state) noexcept {
  if (counts.waiting > 0) return Disposal::hand_over;  // whoever waits opens or replaces it, if need be
  return state == SessionState::absent ? Disposal::vacate : Disposal::park;
}

/// True for an idle session that there is no demand for.
[[nodiscard]] constexpr bool is_surplus(const PoolLimits& limits, int open, const SessionFacts& facts,
                                        PoolTime now) noexcept {
  return open > limits.size && now - facts.returned_at >= limits.idle;
}

}  // namespace freshet::db
