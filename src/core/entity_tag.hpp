#pragma once
// The opaque part of an entity tag (RFC 9110, section 8.8.3), held in place: copying one allocates nothing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/error.hpp"

namespace freshet {

class EntityTag {
 public:
  static constexpr std::size_t length_max = 32;  // the hexadecimal digits of a hash of 128 bits

  /// Empty: no tag.
  constexpr EntityTag() = default;
  /// `opaque` comes without quotes. Throws Error(internal) if it is longer than length_max or has characters that a tag
  /// cannot have: quotes, blanks, control characters.
  explicit EntityTag(std::string_view opaque) {
    if (opaque.size() > length_max || !std::all_of(opaque.begin(), opaque.end(), stands_in_a_tag)) {
      throw Error(ErrorKind::internal, "an entity tag that cannot be sent");
    }
    size_ = static_cast<std::uint8_t>(opaque.copy(text_.data(), length_max));
  }

  /// Lives as long as this does, where it is.
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const EntityTag& a, const EntityTag& b) noexcept { return a.view() == b.view(); }

 private:
  static constexpr bool stands_in_a_tag(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != '"' && byte != 0x7f;
  }

  std::array<char, length_max> text_{};
  std::uint8_t size_ = 0;
};

}  // namespace freshet
