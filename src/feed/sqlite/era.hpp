#pragma once
// How positions are made: the number of an era above, the id of a log record (or the count of states) below. A new era
// is above all positions of the ones before, whatever was read in them and from whichever file.

#include <cstdint>

#include "feed/tag.hpp"

namespace freshet::feed::sqlite {

/// A number of an era and its mode, in one word that threads can share.
class Era {
 public:
  static constexpr int id_bits = 44;  // five years of 100,000 records a second
  static constexpr std::int64_t newest_max = (std::int64_t{1} << (id_bits - 1));

  [[nodiscard]] static constexpr Era first(bool pieces) noexcept { return Era(pieces ? 1 : 0); }
  explicit constexpr Era(std::uint64_t word) noexcept : word_(word) {}
  [[nodiscard]] constexpr std::uint64_t word() const noexcept { return word_; }
  friend constexpr bool operator==(Era, Era) noexcept = default;
  [[nodiscard]] constexpr bool pieces() const noexcept { return word_ % 2 != 0; }

  [[nodiscard]] constexpr Position at(std::int64_t id) const noexcept {
    return ((word_ / 2) << id_bits) + static_cast<Position>(id);
  }
  [[nodiscard]] constexpr Era next(bool pieces) const noexcept { return Era((word_ / 2 + 1) * 2 + (pieces ? 1 : 0)); }

 private:
  std::uint64_t word_;
};

}  // namespace freshet::feed::sqlite
