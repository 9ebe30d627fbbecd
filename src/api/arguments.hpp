#pragma once
// From a request to the typed arguments of an endpoint, with every mistake of the caller listed at once.

#include <span>
#include <string_view>
#include <vector>

#include "api/endpoint.hpp"
#include "core/value.hpp"
#include "http/message.hpp"

namespace freshet::api {

using Arguments = std::vector<Argument>;  // one for each of the endpoint's parameters

struct CallArguments {
  bool bulk = false;             // the body was an array
  std::vector<Arguments> items;  // one set; with bulk, one for each item
};

/// Throws Error: unprocessable with the list of fields that are wrong (missing, wrong type, out of range, unknown,
/// repeated); bad_request (malformed encoding or JSON), unsupported_media (body is no JSON or form),
/// payload_too_large (too many items). `path_values` are the raw texts of the route's {params}.
[[nodiscard]] CallArguments read_arguments(const Endpoint& endpoint, const http::Request& request,
                                           std::span<const std::string_view> path_values, bool reject_unknown);

/// What the database says of a column (unique, not null, …), told as of the parameter of that name, where it came from.
[[nodiscard]] Error with_places(const Error& error, const Endpoint& endpoint);

}  // namespace freshet::api
