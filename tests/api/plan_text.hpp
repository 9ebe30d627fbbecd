#pragma once
// A cache plan as text, for golden files.

#include <string>
#include <string_view>

#include "api/endpoint.hpp"

namespace freshet::api {

/// What the plan says, and what it makes of a request with that query: one fact a line. Path parameters take their
/// values from the query too.
[[nodiscard]] std::string plan_text(const Endpoint& endpoint, std::string_view query);

}  // namespace freshet::api
