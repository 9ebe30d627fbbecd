#pragma once
// /docs: one page that lists and tries the endpoints of /openapi.json; all of it is in the binary, and the page may
// load nothing that is not (Content-Security-Policy).

#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace freshet::api {

/// The answer for "/docs" and for the files below it ("/docs/docs.css"); nullopt: there is no such file. With an
/// `if_none_match` (the request header, as sent) that names the file's ETag: 304 without a body. Cheap; no copy.
[[nodiscard]] std::optional<http::Response> docs_asset(std::string_view path, std::string_view if_none_match = {});

}  // namespace freshet::api
