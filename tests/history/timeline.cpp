#include "history/timeline.hpp"

#include <algorithm>

namespace freshet::history {

Timeline::Timeline() : bounds_{{.begun = always, .returned = always}} {}

State Timeline::commit(CommitTimes times) {
  times.begun = std::max(times.begun, bounds_.back().begun);
  for (auto earlier = bounds_.rbegin(); earlier != bounds_.rend() && earlier->returned > times.returned; ++earlier) {
    earlier->returned = times.returned;
  }
  bounds_.push_back(times);
  return newest();
}

State Timeline::first_since(Time time) const noexcept {
  if (bounds_.back().returned < time) return newest();
  const auto found =
      std::ranges::partition_point(bounds_, [time](const CommitTimes& times) { return times.returned < time; });
  const auto returned_before = static_cast<State>(found - bounds_.begin());
  return oldest_ + (returned_before == 0 ? 0 : returned_before - 1);
}

State Timeline::last_until(Time time) const noexcept {
  if (bounds_.back().begun <= time) return newest();
  const auto found =
      std::ranges::partition_point(bounds_, [time](const CommitTimes& times) { return times.begun <= time; });
  const auto begun_before = static_cast<State>(found - bounds_.begin());
  return oldest_ + (begun_before == 0 ? 0 : begun_before - 1);
}

CommitTimes Timeline::times(State state) const noexcept { return bounds_[state - oldest_]; }

void Timeline::forget(Time time) {
  for (const State keep = first_since(time); oldest_ < keep; ++oldest_) bounds_.pop_front();
}

}  // namespace freshet::history
