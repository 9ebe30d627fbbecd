#pragma once
// What an open-addressing map of Boost holds: groups of 15 places with 16 bytes of metadata.

#include <cstddef>

namespace freshet::cache {

template <class Map>
[[nodiscard]] std::size_t index_bytes(const Map& map) noexcept {
  const std::size_t places = map.bucket_count();
  return places == 0 ? 0 : (places + 1) * sizeof(typename Map::value_type) + (places + 15) / 15 * 16;
}

}  // namespace freshet::cache
