#pragma once
// JSON bodies: checked whole, then seen as slices of their own text, so that a number keeps every digit.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace freshet::api {

/// Nesting beyond this is refused.
inline constexpr std::size_t json_depth_max = 32;
/// More members in one object are refused.
inline constexpr std::size_t json_members_max = 256;

struct JsonMember {
  std::string name;      // unescaped
  std::string_view raw;  // its value as JSON text, within the body
};
using JsonObject = std::vector<JsonMember>;

/// A body: one object, or an array of objects.
struct JsonBody {
  bool array = false;
  std::vector<JsonObject> objects;  // one if !array

  /// Throws bad_request, in words that say what is wrong: not JSON, too deep, a number out of range, not an object, a
  /// member named twice; payload_too_large if an array has more than `objects_max` items. Views point into `text`.
  [[nodiscard]] static JsonBody parse(std::string_view text, bool array_allowed, std::size_t objects_max);
};

}  // namespace freshet::api
