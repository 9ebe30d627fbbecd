#pragma once
// Keys of cached answers, for people and machines: the route's first segment, the given parameters in order of their
// names, the rest of the route. `/dashboard/summary?month=2025-01` is `dashboard:month=2025-01:summary`.
//
// Deterministic, and injective: two calls with different routes or arguments never share a key. Placeholders of a route
// stay in it (`accounts:id=5:{id}`), since `/accounts?id=5` is another question. What would be read as structure is
// written as %XX; text that looks like a number, and NULL, begin with an apostrophe.

#include <span>
#include <string>
#include <string_view>

#include "core/value.hpp"

namespace freshet::cache {

struct KeyPart {
  std::string_view name;
  const Argument* argument = nullptr;  // never null; skipped unless given
};

/// The key of a call. `route` as it was declared, `/dashboard/summary`. Names are unique; their order does not matter.
[[nodiscard]] std::string make_key(std::string_view route, std::span<const KeyPart> parts);

}  // namespace freshet::cache
