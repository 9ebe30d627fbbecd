#pragma once
// Which request targets are asked for most, within a fixed number of places and without the hit path noticing.
//
// A hit tells of itself when its entry's count reaches 1, 2, 4 … 64 and each further 64: with the weight of the hits
// since the last time, so that nothing is lost, and rarely when it matters. Places are sets of eight by the target's
// hash; who finds its set full wears down the weakest there, and takes its place once that has nothing left. So the
// many that are asked for once push nobody out, and the frequent always get in.
//
// Thread-safe. note() never waits: if somebody else is at it, this hit is not counted.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::cache {

struct HotTarget {
  std::string target;
  std::uint64_t score = 0;  // hits, of which those before each fade() count half as much
  std::uint64_t hits = 0;   // since it has its place
};

class HotTargets {
 public:
  /// `places` is rounded up to a power of two, at least one set. Takes some 320 bytes for each.
  explicit HotTargets(std::size_t places);

  /// How many hits are to be told when an entry's count has reached `hits`; 0: none now.
  [[nodiscard]] static constexpr std::uint32_t weight(std::uint32_t hits) noexcept {
    if ((hits & 63U) == 0) return hits == 64 ? 32 : 64;
    return (hits & (hits - 1)) == 0 ? hits - hits / 2 : 0;
  }
  void note(std::string_view target, std::uint64_t hash, std::uint32_t weight);

  /// The most frequent first.
  [[nodiscard]] std::vector<HotTarget> hottest(std::size_t count) const;
  /// What was counted until now shall count half as much as what comes.
  void fade();

 private:
  struct Place {
    std::uint64_t hash = 0;
    HotTarget hot;  // score 0: empty
  };
  static constexpr std::size_t set_size = 8;

  const std::size_t sets_;
  mutable std::mutex mutex_;
  std::vector<Place> places_;  // guarded by mutex_
};

}  // namespace freshet::cache
