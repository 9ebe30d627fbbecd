#include "cache/change_rate.hpp"

#include <algorithm>
#include <cmath>

namespace freshet::cache {
namespace {

constexpr double fading = 0.98;    // the last fifty looks count
constexpr double tolerance = 0.1;  // answers that are out of date when they end

}  // namespace

void ChangeRate::observe(std::chrono::nanoseconds age, bool changed) {
  const std::lock_guard lock(mutex_);
  looks_ = looks_ * fading + 1;
  changed_ = changed_ * fading + (changed ? 1 : 0);
  seconds_ = seconds_ * fading + std::max(1e-3, std::chrono::duration<double>(age).count());
}

std::chrono::milliseconds ChangeRate::ttl(std::chrono::milliseconds shortest, std::chrono::milliseconds longest) const {
  const std::lock_guard lock(mutex_);
  if (looks_ == 0) return shortest;
  // Half a look more on either side: few looks that saw nothing are no proof that nothing ever changes.
  const double changes_per_look = -std::log((looks_ - changed_ + 0.5) / (looks_ + 1));
  const double seconds = -std::log(1 - tolerance) / changes_per_look * (seconds_ / looks_);
  const auto within =
      std::clamp(seconds * 1e3, static_cast<double>(shortest.count()), static_cast<double>(longest.count()));
  return std::chrono::milliseconds(static_cast<std::int64_t>(within));
}

}  // namespace freshet::cache
