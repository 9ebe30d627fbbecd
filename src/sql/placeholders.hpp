#pragma once
// The placeholders of a statement, and the company in which each of them stands.

#include <string_view>
#include <vector>

#include "sql/directives.hpp"

namespace freshet::sql {

/// In the order of the text. Placeholders within strings, identifiers and comments are none.
[[nodiscard]] std::vector<Placeholder> find_placeholders(std::string_view statement);

/// True if `placeholder` stands where a whole list makes sense: IN (:x), :x IS [NOT] NULL, or as the argument of a
/// function over lists such as json_each(:x), unnest(:x), ANY(:x).
[[nodiscard]] bool takes_list(std::string_view statement, const Placeholder& placeholder);

}  // namespace freshet::sql
