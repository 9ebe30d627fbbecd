#pragma once
// What the targets share: a property that must hold. Where it does not, the run ends and libFuzzer keeps the input.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace freshet::fuzz {

inline void must(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "this must hold, and does not: %s\n", property);
  std::abort();
}

/// libFuzzer's bytes as text; they end where their allocation ends, so that AddressSanitizer sees any byte too far.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// True if `part` is a slice of `whole` (or empty).
inline bool lies_within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// Sizes of pieces, drawn from a number that the input gives: mostly a few bytes, now and then many.
class PieceSizes {
 public:
  explicit PieceSizes(unsigned seed) : state_(seed * 2654435761U + 1) {}
  std::size_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    const unsigned draw = state_ >> 16;
    return draw % 8 == 0 ? 1 + draw % 511 : 1 + draw % 7;
  }

 private:
  std::uint32_t state_;
};

}  // namespace freshet::fuzz
