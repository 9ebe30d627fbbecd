#include "cache/frequency_sketch.hpp"

#include <algorithm>
#include <bit>

namespace freshet::cache {

void FrequencySketch::ensure(std::size_t keys) {
  const std::size_t width = std::bit_ceil(std::max<std::size_t>(64, keys));
  if (width <= words_.size()) return;
  words_.assign(width, 0);
  counted_ = 0;
}

FrequencySketch::Counter FrequencySketch::counter(std::uint64_t hash, unsigned row) const noexcept {
  constexpr std::uint64_t odd[rows] = {0x9E3779B97F4A7C15U, 0xC2B2AE3D27D4EB4FU, 0x165667B19E3779F9U,
                                       0xD6E8FEB86659FD93U};
  const std::uint64_t mixed = (hash ^ (hash >> 29U)) * odd[row];
  return {.word = static_cast<std::size_t>(mixed >> 32U) & (words_.size() - 1),
          .shift = row * 16 + static_cast<unsigned>(mixed >> 30U & 3U) * 4};
}

void FrequencySketch::add(std::uint64_t hash, std::uint32_t times) noexcept {
  if (words_.empty()) return;
  for (times = std::min<std::uint32_t>(times, most); times > 0; --times) {
    bool changed = false;
    for (unsigned row = 0; row < rows; ++row) {
      const Counter at = counter(hash, row);
      if ((words_[at.word] >> at.shift & most) == most) continue;
      words_[at.word] += std::uint64_t{1} << at.shift;
      changed = true;
    }
    if (changed && ++counted_ >= words_.size() * 10) halve();
  }
}

unsigned FrequencySketch::frequency(std::uint64_t hash) const noexcept {
  if (words_.empty()) return 0;
  unsigned least = most;
  for (unsigned row = 0; row < rows; ++row) {
    const Counter at = counter(hash, row);
    least = std::min(least, static_cast<unsigned>(words_[at.word] >> at.shift & most));
  }
  return least;
}

void FrequencySketch::halve() noexcept {
  for (std::uint64_t& word : words_) word = word >> 1U & 0x7777777777777777U;
  counted_ /= 2;
}

}  // namespace freshet::cache
