#pragma once
// Which states of the database may have been the current one, and when.
//
// Commits are in a known order, and each took effect between its begin and its return. So commit k took effect no
// earlier than any commit before it began and no later than any commit after it returned: both bounds ascend with k,
// and a search in them is O(log n).

#include <deque>

#include "history/record.hpp"

namespace freshet::history {

class Timeline {
 public:
  /// Begins with state 0, current since always.
  Timeline();

  /// The next commit in order; returns the state that it made.
  State commit(CommitTimes times);

  [[nodiscard]] State newest() const noexcept { return oldest_ + bounds_.size() - 1; }
  /// The oldest state that is not forgotten.
  [[nodiscard]] State oldest() const noexcept { return oldest_; }

  /// The first state that may have been current at `time` or later: all before it were overwritten for certain.
  [[nodiscard]] State first_since(Time time) const noexcept;
  /// The last state that may have been current at `time` or earlier: all after it were not begun.
  [[nodiscard]] State last_until(Time time) const noexcept;
  /// When the commit that made `state` began at the earliest, and when it had returned at the latest.
  [[nodiscard]] CommitTimes times(State state) const noexcept;

  /// Forgets states that were overwritten for certain before `time`.
  void forget(Time time);

 private:
  State oldest_ = 0;
  std::deque<CommitTimes> bounds_;  // of oldest_, oldest_ + 1, …
};

}  // namespace freshet::history
