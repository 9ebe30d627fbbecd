#pragma once
// About how often each hash came by lately, in four bits of memory for each that is cached: a count-min sketch whose
// counters are halved once it has counted ten times its width, so that what was popular yesterday fades.

#include <cstdint>
#include <vector>

namespace freshet::cache {

class FrequencySketch {
 public:
  /// Good for so many keys at once; more make it forget, since it grows then.
  void ensure(std::size_t keys);
  void add(std::uint64_t hash, std::uint32_t times = 1) noexcept;
  /// 0 to 15; too high at times, never too low.
  [[nodiscard]] unsigned frequency(std::uint64_t hash) const noexcept;
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return words_.capacity() * sizeof(std::uint64_t); }

 private:
  static constexpr unsigned rows = 4, most = 15;

  struct Counter {
    std::size_t word;
    unsigned shift;
  };
  [[nodiscard]] Counter counter(std::uint64_t hash, unsigned row) const noexcept;
  void halve() noexcept;

  std::vector<std::uint64_t> words_;  // sixteen counters each, four for each row; a power of two
  std::size_t counted_ = 0;
};

}  // namespace freshet::cache
