#include "cache/hot_targets.hpp"

#include <algorithm>
#include <bit>

namespace freshet::cache {
namespace {

constexpr std::size_t usual_length = 240;
constexpr std::size_t length_max = 2048;  // longer ones are not worth their place

}  // namespace

HotTargets::HotTargets(std::size_t places)
    : sets_(std::max<std::size_t>(1, std::bit_ceil(places) / set_size)), places_(sets_ * set_size) {
  // So that a hit allocates nothing.
  for (Place& place : places_) place.hot.target.reserve(usual_length);
}

void HotTargets::note(std::string_view target, std::uint64_t hash, std::uint32_t weight) {
  if (target.size() > length_max) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  const auto first = places_.begin() + static_cast<std::ptrdiff_t>((hash >> 32U) % sets_ * set_size);
  const auto last = first + set_size;
  auto weakest = first;
  for (auto place = first; place != last; ++place) {
    if (place->hot.score != 0 && place->hash == hash && place->hot.target == target) {
      place->hot.score += weight;
      place->hot.hits += weight;
      return;
    }
    if (place->hot.score < weakest->hot.score) weakest = place;
  }
  if (weakest->hot.score > weight) {
    weakest->hot.score -= weight;
    return;
  }
  weakest->hash = hash;
  weakest->hot.target.assign(target);
  weakest->hot.score = weakest->hot.hits = weight;
}

std::vector<HotTarget> HotTargets::hottest(std::size_t count) const {
  std::vector<HotTarget> all;
  {
    const std::lock_guard lock(mutex_);
    for (const Place& place : places_) {
      if (place.hot.score != 0) all.push_back(place.hot);
    }
  }
  std::sort(all.begin(), all.end(), [](const HotTarget& a, const HotTarget& b) { return a.score > b.score; });
  if (all.size() > count) all.resize(count);
  return all;
}

void HotTargets::fade() {
  const std::lock_guard lock(mutex_);
  for (Place& place : places_) place.hot.score /= 2;
}

}  // namespace freshet::cache
