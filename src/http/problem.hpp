#pragma once
// The one place where errors become HTTP: status by kind, and an RFC 9457 problem document.

#include <string_view>

#include "core/error.hpp"
#include "http/message.hpp"

namespace freshet::http {

[[nodiscard]] unsigned status_of(ErrorKind kind) noexcept;

/// `application/problem+json` with type, title, status, detail, instance (the request id) and `errors` (the field
/// list); Retry-After where the error has one. Never contains log_detail, places or source lines.
[[nodiscard]] Response problem(const Error& error, std::string_view request_id);

/// The same for what the protocol refuses and no ErrorKind names: type "about:blank", `detail` sent as it is.
[[nodiscard]] Response problem(unsigned status, std::string_view detail, std::string_view request_id);

}  // namespace freshet::http
