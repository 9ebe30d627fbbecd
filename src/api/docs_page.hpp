#pragma once
// /docs: one page that lists and tries the endpoints of /openapi.json; all of it is in the binary, and the page may
// load nothing that is not (Content-Security-Policy).

#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace freshet::api {

/// The answer for "/docs" and for the files below it ("/docs/docs.css"), with its entity tag; nullopt: there is no such
/// file. Cheap; no copy.
[[nodiscard]] std::optional<http::Response> docs_asset(std::string_view path);

}  // namespace freshet::api
