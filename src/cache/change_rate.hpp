#pragma once
// How often an answer turns out to have changed when it is made again, and from that how long the next may live.
//
// For answers of which no tag can tell when they change: of tables that cannot be watched, or that depend on the time
// of day. Those whose tags are exact need none of it: they live until something changes, however often that is.
//
// An answer made again after `age` is one look at a Poisson process: it says whether there was a change, not how many.
// The estimate is that of Cho and Garcia-Molina for such looks; older ones fade, so that it follows a day's rhythm.

#include <chrono>
#include <mutex>

namespace freshet::cache {

/// One for each route. Thread-safe.
class ChangeRate {
 public:
  /// An answer was made again `age` after the one before it.
  void observe(std::chrono::nanoseconds age, bool changed);
  /// How long an answer may live so that about one in ten is out of date by its end; `shortest` until there were looks.
  [[nodiscard]] std::chrono::milliseconds ttl(std::chrono::milliseconds shortest,
                                              std::chrono::milliseconds longest) const;

 private:
  mutable std::mutex mutex_;
  // Sums of fading weights; guarded by mutex_.
  double looks_ = 0;
  double changed_ = 0;
  double seconds_ = 0;
};

}  // namespace freshet::cache
