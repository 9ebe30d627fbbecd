#pragma once
// A share of a resource's time that somebody may use so that others hardly notice: never more than that in the long
// run, and what was left of the last second at once.

#include <chrono>

namespace freshet::cache {

/// Not thread-safe. Knows no clock: `now` is given.
class TimeBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::nanoseconds;

  /// `share` of 1: all of it.
  TimeBudget(double share, Time now) noexcept;

  /// Zero: something may begin now. Else: how long it must wait.
  [[nodiscard]] Span wait(Time now) const noexcept;
  /// Something that ended at `now` took so long. What it took beyond the budget is owed.
  void spend(Span span, Time now) noexcept;

 private:
  [[nodiscard]] double left(Time now) const noexcept;

  const double share_;
  double left_;  // seconds, at since_
  Time since_;
};

}  // namespace freshet::cache
