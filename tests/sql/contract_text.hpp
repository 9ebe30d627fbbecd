#pragma once
// Everything that parsing found out about an endpoint file, as text to compare and to read.

#include <string>

#include "core/error.hpp"
#include "sql/directives.hpp"

namespace freshet::testing {

/// One line a fact; what has its default is left out.
[[nodiscard]] std::string contract_text(const sql::EndpointSource& endpoint);

/// Each problem as `freshet check` shows it: place, message, the line, a caret, the hint.
[[nodiscard]] std::string problems_text(const Diagnostics& problems);

}  // namespace freshet::testing
