#pragma once
// `@param NAME TYPE[(…)][[]] [required] [min= max= …] [in=…] [= default] [-- words]`, the richest of the directives.

#include <optional>

#include "sql/directive_cursor.hpp"
#include "sql/parameter.hpp"

namespace freshet::sql {

/// Reads what follows `@param`. Reports every mistake; nullopt if not even the name is known. What is returned although
/// something was reported (as text, if the type is what was wrong) may serve later checks, nothing else.
[[nodiscard]] std::optional<ParameterSpec> parse_parameter_directive(Word arguments, Reporter& report);

/// The nearest type's name for a word that is none: by meaning ("integer" is int), else by spelling.
[[nodiscard]] std::string type_hint(std::string_view word);

}  // namespace freshet::sql
