#pragma once
// What became of predictions: which came true within their time, and whether they do so often enough to act on them.
// Those that nobody acted on are followed like the others, so that predicting begins again by itself when it is worth
// it. Not thread-safe.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace freshet::cache {

struct PredictionFigures {
  std::uint64_t predicted = 0;  // of these, some are open yet
  std::uint64_t used = 0;       // asked for within their time
  std::uint64_t wasted = 0;
  double accuracy = 0;  // of the last hundred or so
  bool trusted = false;
};

class PredictionLedger {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Below `accuracy_min` predictions are not to be acted on.
  explicit PredictionLedger(double accuracy_min, std::chrono::seconds within = std::chrono::seconds(30),
                            std::size_t open_max = 1024);

  /// False: that is open already, or too many are.
  bool predict(const std::string& target, Time now);
  /// Somebody asked for it.
  void asked(std::string_view target, Time now);
  /// Requests went by unseen: what is open cannot be judged, and counts for nothing.
  void lose_sight();

  /// Whether to act on predictions: at first, and while they are accurate; once they were not, only when they have
  /// become so by a margin.
  [[nodiscard]] bool trusted() const noexcept { return figures_.trusted; }
  [[nodiscard]] const PredictionFigures& figures() const noexcept { return figures_; }

 private:
  struct Open {
    std::string target;
    Time until;
    std::uint64_t number;
  };
  void expire(Time now);
  void judge(bool used);

  const double accuracy_min_;
  const std::chrono::seconds within_;
  const std::size_t open_max_;
  std::deque<Open> open_;                                   // oldest first
  std::unordered_map<std::string, std::uint64_t> by_name_;  // to Open::number, until it is judged
  double judged_ = 0, used_ = 0;                            // fading sums
  PredictionFigures figures_;
};

}  // namespace freshet::cache
