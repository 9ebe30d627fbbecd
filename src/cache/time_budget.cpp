#include "cache/time_budget.hpp"

#include <algorithm>

namespace freshet::cache {

using Seconds = std::chrono::duration<double>;

TimeBudget::TimeBudget(double share, Time now) noexcept
    : share_(std::clamp(share, 0.001, 1.0)), left_(share_), since_(now) {}

double TimeBudget::left(Time now) const noexcept {
  const double earned = share_ * std::max(0.0, Seconds(now - since_).count());
  return std::min(share_, left_ + earned);
}

TimeBudget::Span TimeBudget::wait(Time now) const noexcept {
  const double there = left(now);
  constexpr double nothing = 1e-9;
  if (there > nothing) return Span{};
  return std::chrono::duration_cast<Span>(Seconds(-there / share_)) + std::chrono::milliseconds(1);
}

void TimeBudget::spend(Span span, Time now) noexcept {
  left_ = left(now) - Seconds(span).count();
  since_ = std::max(since_, now);
}

}  // namespace freshet::cache
