#include "cache/warmer.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/mutant.hpp"

namespace freshet::cache {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;

constexpr milliseconds tick{20};         // between two looks while there are requests
constexpr milliseconds quiet_tick{100};  // and while there are none
constexpr milliseconds while_busy{5};
constexpr std::size_t inbox_max = 256;  // observations between two looks
constexpr std::size_t guesses_max = 32;
constexpr seconds guess_age_max{5};  // whoever was to ask has done so by now
constexpr seconds hottest_age_max{1};
constexpr seconds half_life{30};  // of a hit's weight
constexpr milliseconds pause_first{100}, pause_max{10'000};

}  // namespace

Warmer::Warmer(WarmerOptions options, Store& store, WarmFill fill)
    : options_(std::move(options)),
      store_(store),
      fill_(std::move(fill)),
      inbox_(inbox_max),
      seen_(inbox_max),
      predictor_(options_.predictor),
      ledger_(options_.accuracy_min),
      budget_(options_.database_share, Clock::now()) {}

Warmer::~Warmer() = default;

void Warmer::observe(std::string_view previous, std::string_view target) {
  requests_.store(true, std::memory_order_relaxed);
  if (!options_.predict) return;
  const std::unique_lock lock(inbox_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (inbox_size_ == inbox_.size()) {
    inbox_overflowed_ = true;
    return;
  }
  Seen& seen = inbox_[inbox_size_++];
  seen.previous.assign(previous);
  seen.target.assign(target);
}

void Warmer::add(std::vector<std::string> targets) {
  const std::lock_guard lock(inbox_mutex_);
  for (std::string& target : targets) listed_.push_back(std::move(target));
}

WarmerFigures Warmer::figures() const {
  const std::lock_guard lock(figures_mutex_);
  return figures_;
}

void Warmer::read_inbox(Clock::time_point now) {
  std::size_t count = 0;
  bool overflowed = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    std::swap(inbox_, seen_);
    count = std::exchange(inbox_size_, 0);
    overflowed = std::exchange(inbox_overflowed_, false);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Seen& seen = seen_[i];
    ledger_.asked(seen.target, now);
    if (!seen.previous.empty()) predictor_.learn(seen.previous, seen.target);
    predict(seen.target, now);
  }
  if (overflowed) ledger_.lose_sight();
  if (count == 0) return;
  const std::lock_guard lock(figures_mutex_);
  figures_.predictions = ledger_.figures();
}

void Warmer::predict(const std::string& target, Clock::time_point now) {
  for (Prediction& prediction : predictor_.predict(target)) {
    if (!ledger_.predict(prediction.target, now) || !ledger_.trusted()) continue;
    if (store_.has_alias(prediction.target, now)) continue;
    if (guesses_.size() == guesses_max) guesses_.pop_front();
    guesses_.push_back({.target = std::move(prediction.target), .made = now});
  }
}

bool Warmer::somebody_died(Clock::time_point now) const {
  return std::any_of(hottest_.begin(), hottest_.end(), [&](const HotTarget& hot) {
    const auto pause = pauses_.find(hot.target);
    return (pause == pauses_.end() || pause->second.until <= now) && !store_.has_alias(hot.target, now);
  });
}

// The list is old by up to a second as long as all of it is there: a look is then a lookup each.
void Warmer::look_after_the_hottest(Clock::time_point now) {
  if (options_.hottest == 0) return;
  if (now - faded_ >= half_life) {
    if (faded_ != Clock::time_point{}) store_.hot_targets().fade();
    faded_ = now;
  }
  if (!dead_.empty() || (now - hottest_read_ < hottest_age_max && !somebody_died(now))) return;
  hottest_ = store_.hot_targets().hottest(options_.hottest);
  hottest_read_ = now;
  choose_dead(now);
}

void Warmer::choose_dead(Clock::time_point now) {
  std::unordered_map<std::string, Pause> pauses;
  for (const HotTarget& hot : hottest_) {
    if (const auto known = pauses_.find(hot.target); known != pauses_.end()) {
      Pause& pause = pauses[hot.target] = known->second;
      const bool was_read = hot.hits > pause.hits;
      if (was_read) pause = Pause{.until = {}, .hits = hot.hits};
      if (now < pause.until) continue;
    }
    if (!store_.has_alias(hot.target, now)) dead_.push_back(hot);
  }
  pauses_ = std::move(pauses);  // of those that are still hot
}

std::optional<Warmer::Job> Warmer::take_listed() {
  const std::lock_guard lock(inbox_mutex_);
  if (listed_.empty()) return std::nullopt;
  Job job{.target = std::move(listed_.front()), .reason = Reason::listed};
  listed_.pop_front();
  return job;
}

std::optional<Warmer::Job> Warmer::next(Clock::time_point now) {
  while (!dead_.empty()) {
    HotTarget hot = std::move(dead_.front());
    dead_.pop_front();
    if (store_.has_alias(hot.target, now)) continue;  // a real request was first
    Pause& pause = pauses_[hot.target];
    pause.span = pause.span == milliseconds(0) ? pause_first : std::min(pause_max, pause.span * 2);
    pause.until = now + pause.span;
    pause.hits = hot.hits;
    return Job{.target = std::move(hot.target), .reason = Reason::revived};
  }
  while (!guesses_.empty()) {
    Guess guess = std::move(guesses_.front());
    guesses_.pop_front();
    if (now - guess.made > guess_age_max || store_.has_alias(guess.target, now)) continue;
    return Job{.target = std::move(guess.target), .reason = Reason::predicted};
  }
  while (std::optional<Job> job = take_listed()) {
    if (!store_.has_alias(job->target, now)) return job;
  }
  return std::nullopt;
}

// Before a fill may begin; zero: now.
std::chrono::nanoseconds Warmer::must_wait(Clock::time_point now) {
  const bool busy = options_.busy && options_.busy() && !mutant("warms_while_requests_wait");
  const std::chrono::nanoseconds wait = busy ? while_busy : budget_.wait(now);
  if (wait.count() != 0) {
    const std::lock_guard lock(figures_mutex_);
    ++(busy ? figures_.yielded : figures_.out_of_budget);
  }
  return wait;
}

bool Warmer::has_work() {
  const std::lock_guard lock(inbox_mutex_);
  return !dead_.empty() || !guesses_.empty() || !listed_.empty();
}

boost::asio::awaitable<void> Warmer::run() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (true) {
    const auto now = Clock::now();
    read_inbox(now);
    bool known = true;
    if (options_.catch_up) {
      auto catching_up = options_.catch_up();
      known = co_await std::move(catching_up);
    }
    if (known) look_after_the_hottest(now);
    const bool requests = requests_.exchange(false, std::memory_order_relaxed);
    const std::chrono::nanoseconds wait = has_work() ? must_wait(now) : requests ? tick : quiet_tick;
    if (wait.count() == 0) {
      std::optional<Job> job = next(now);
      const bool goes_on = !job || co_await fill(std::move(*job));
      if (!goes_on) co_return;
      continue;
    }
    timer.expires_after(wait);
    boost::system::error_code ended;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
    if (ended) co_return;
  }
}

// False: cancelled meanwhile.
boost::asio::awaitable<bool> Warmer::fill(Job job) {
  const auto began = Clock::now();
  FillOutcome outcome;
  try {
    auto filling = fill_(job.target);
    outcome = co_await std::move(filling);
  } catch (const std::exception&) {  // of the request; it has been reported where it was answered
    outcome.filled = Filled::failed;
  }
  const auto now = Clock::now();
  if (outcome.database.count() == 0) outcome.database = std::chrono::ceil<std::chrono::microseconds>(now - began);
  account(job, outcome, now);
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  co_return state.cancelled() == boost::asio::cancellation_type::none;
}

void Warmer::account(const Job& job, const FillOutcome& outcome, Clock::time_point now) {
  budget_.spend(outcome.database, now);
  const std::lock_guard lock(figures_mutex_);
  figures_.database += outcome.database;
  switch (outcome.filled) {
    case Filled::refused:
      ++figures_.refused;
      return;
    case Filled::failed:
      ++figures_.failed;
      return;
    case Filled::kept:
      break;
  }
  switch (job.reason) {
    case Reason::revived:
      ++figures_.revived;
      return;
    case Reason::predicted:
      ++figures_.predicted;
      return;
    case Reason::listed:
      ++figures_.listed;
      return;
  }
}

}  // namespace freshet::cache
