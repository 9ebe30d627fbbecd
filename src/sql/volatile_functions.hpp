#pragma once
// Functions whose answer depends on more than their arguments.

#include <string_view>

namespace freshet::sql {

/// now(), random(), CURRENT_TIMESTAMP and the like: never the same twice. `name` in lower case.
[[nodiscard]] bool is_volatile_function(std::string_view name) noexcept;

/// date(), strftime() and the like: of this moment only if they are asked for 'now', or for nothing.
[[nodiscard]] bool is_date_function(std::string_view name) noexcept;

}  // namespace freshet::sql
