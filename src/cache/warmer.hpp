#pragma once
// Fills the cache ahead of the first reader: what was asked for most and has died, what the caller of a page is likely
// to ask for next, and a list that is given at the start. In this order.
//
// It never gets in the way: one fill at a time, none begins while real requests wait (WarmerOptions::busy), and all of
// them together take no more than a share of database time. What it fills goes the way of any request, stamps and
// single flight included: it replays a raw target and knows nothing of routes, so it can make nothing stale.
//
// - What was hot is known to Store::hot_targets(), which hits feed. A target whose fills die again unread is let alone
//   for a while, for longer each time: what is written more often than read is not worth filling.
// - Predictions are learned from observe(), and acted on as long as they come true (PredictionLedger).
//
// observe() and add() from any thread; run() is one coroutine. The store must outlive both.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "cache/prediction_ledger.hpp"
#include "cache/predictor.hpp"
#include "cache/store.hpp"
#include "cache/time_budget.hpp"

namespace freshet::cache {

enum class Filled : std::uint8_t {
  kept,
  refused,  // made, but not kept: it changed meanwhile, is too large, is not cacheable
  failed,
};

struct FillOutcome {
  Filled filled = Filled::failed;
  std::chrono::microseconds database{0};  // 0: unknown, as long as the fill took
};

/// Answers the request of that target into the store.
using WarmFill = std::function<boost::asio::awaitable<FillOutcome>(std::string target)>;

struct WarmerOptions {
  double database_share = 0.1;  // of one session's time
  std::size_t hottest = 100;    // how many are filled again after they died; 0: none
  bool predict = true;
  double accuracy_min = 0.5;  // below it, predictions are not acted on
  PredictorOptions predictor;
  /// Learns what has changed, so that what died is known although nobody asks. False: it cannot be told now.
  std::function<boost::asio::awaitable<bool>()> catch_up;
  /// Whether real requests wait for the database now. Any thread; quick.
  std::function<bool()> busy;
};

struct WarmerFigures {
  std::uint64_t revived = 0;    // had been hot, and died
  std::uint64_t predicted = 0;  // filled because of a prediction
  std::uint64_t listed = 0;     // of the list
  std::uint64_t refused = 0, failed = 0;
  std::uint64_t yielded = 0;        // times that it waited for real requests
  std::uint64_t out_of_budget = 0;  // times that it waited for database time
  std::chrono::microseconds database{0};
  PredictionFigures predictions;
};

class Warmer {
 public:
  Warmer(WarmerOptions options, Store& store, WarmFill fill);
  ~Warmer();
  Warmer(const Warmer&) = delete;
  Warmer& operator=(const Warmer&) = delete;

  /// The same caller asked for `target` after `previous` (empty: nothing). Part of every request: never waits,
  /// allocates nothing once it has seen some; under load most of them are not looked at.
  void observe(std::string_view previous, std::string_view target);
  /// Targets to be filled when nothing else is to do, in this order.
  void add(std::vector<std::string> targets);

  /// Fills until it is cancelled; then returns once the fill under way has ended.
  [[nodiscard]] boost::asio::awaitable<void> run();

  [[nodiscard]] WarmerFigures figures() const;

 private:
  enum class Reason : std::uint8_t { revived, predicted, listed };
  struct Job {
    std::string target;
    Reason reason;
  };
  struct Seen {
    std::string previous, target;
  };
  struct Pause {  // of a target that is hot
    Clock::time_point until;
    std::chrono::milliseconds span{0};
    std::uint64_t hits = 0;  // HotTarget::hits when it was filled
  };
  struct Guess {
    std::string target;
    Clock::time_point made;
  };

  void read_inbox(Clock::time_point now);
  void predict(const std::string& target, Clock::time_point now);
  void look_after_the_hottest(Clock::time_point now);
  [[nodiscard]] bool somebody_died(Clock::time_point now) const;
  void choose_dead(Clock::time_point now);
  [[nodiscard]] std::optional<Job> next(Clock::time_point now);
  [[nodiscard]] std::optional<Job> take_listed();
  [[nodiscard]] bool has_work();
  [[nodiscard]] std::chrono::nanoseconds must_wait(Clock::time_point now);
  [[nodiscard]] boost::asio::awaitable<bool> fill(Job job);
  void account(const Job& job, const FillOutcome& outcome, Clock::time_point now);

  const WarmerOptions options_;
  Store& store_;
  const WarmFill fill_;

  std::atomic<bool> requests_{false};  // since the last look
  std::mutex inbox_mutex_;
  std::vector<Seen> inbox_;  // guarded by inbox_mutex_, as the next three; strings are used again
  std::size_t inbox_size_ = 0;
  bool inbox_overflowed_ = false;
  std::deque<std::string> listed_;

  // Of run().
  std::vector<Seen> seen_;
  Predictor predictor_;
  PredictionLedger ledger_;
  TimeBudget budget_;
  std::vector<HotTarget> hottest_;
  Clock::time_point hottest_read_{};
  Clock::time_point faded_{};
  std::unordered_map<std::string, Pause> pauses_;
  std::deque<HotTarget> dead_;  // the hottest first
  std::deque<Guess> guesses_;   // oldest first

  mutable std::mutex figures_mutex_;
  WarmerFigures figures_;  // guarded by figures_mutex_
};

}  // namespace freshet::cache
