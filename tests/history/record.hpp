#pragma once
// What is recorded of a run: answers with the time around them, commits with the time around them. All times are those
// of CLOCK_MONOTONIC, which every process of a machine shares.

#include <chrono>
#include <cstdint>
#include <limits>

namespace freshet::history {

using Time = std::int64_t;  // nanoseconds
inline constexpr Time always = std::numeric_limits<Time>::min();
inline constexpr Time never = std::numeric_limits<Time>::max();

[[nodiscard]] inline Time now() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// State k of the database is what the k-th commit left; state 0 is what there was before.
using State = std::uint64_t;
using QuestionId = std::uint32_t;
using SessionId = std::uint32_t;
using Digest = std::uint64_t;  // of an answer's bytes

/// One answer. A session asks one question after the other.
struct Read {
  Digest answer = 0;
  Time begun = 0, ended = 0;
  QuestionId question = 0;
  SessionId session = 0;
};

/// Around a COMMIT: it took effect at some moment in between. `returned` is `never` where nobody heard its end.
struct CommitTimes {
  Time begun = always, returned = never;
};

}  // namespace freshet::history
