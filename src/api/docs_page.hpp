#pragma once
// /docs: one page that lists and tries the endpoints of /openapi.json; all of it is in the binary.

#include "http/message.hpp"

namespace freshet::api {

[[nodiscard]] http::Response docs_page();

}  // namespace freshet::api
