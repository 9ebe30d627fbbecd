#include "cache/prediction_ledger.hpp"

#include <algorithm>

namespace freshet::cache {
namespace {

constexpr double fading = 0.99;
constexpr double enough = 20;    // judgements before any is believed
constexpr double margin = 0.05;  // by which it must be better to be trusted again

}  // namespace

PredictionLedger::PredictionLedger(double accuracy_min, std::chrono::seconds within, std::size_t open_max)
    : accuracy_min_(accuracy_min), within_(within), open_max_(open_max) {
  figures_.trusted = true;
}

bool PredictionLedger::predict(const std::string& target, Time now) {
  expire(now);
  if (open_.size() >= open_max_) return false;
  const auto [place, is_new] = by_name_.try_emplace(target, figures_.predicted);
  if (!is_new) return false;
  open_.push_back({.target = target, .until = now + within_, .number = figures_.predicted++});
  return true;
}

void PredictionLedger::asked(std::string_view target, Time now) {
  expire(now);
  const auto found = by_name_.find(std::string(target));
  if (found == by_name_.end()) return;
  by_name_.erase(found);
  judge(true);
}

void PredictionLedger::lose_sight() {
  open_.clear();
  by_name_.clear();
}

void PredictionLedger::expire(Time now) {
  while (!open_.empty() && open_.front().until <= now) {
    // It may have come true, and been predicted again since.
    const auto found = by_name_.find(open_.front().target);
    if (found != by_name_.end() && found->second == open_.front().number) {
      by_name_.erase(found);
      judge(false);
    }
    open_.pop_front();
  }
}

void PredictionLedger::judge(bool used) {
  ++(used ? figures_.used : figures_.wasted);
  judged_ = judged_ * fading + 1;
  used_ = used_ * fading + (used ? 1 : 0);
  figures_.accuracy = used_ / judged_;
  if (judged_ < enough) return;
  figures_.trusted = figures_.accuracy >= accuracy_min_ + (figures_.trusted ? 0 : margin);
}

}  // namespace freshet::cache
