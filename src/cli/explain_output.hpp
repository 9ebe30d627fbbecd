#pragma once
// Explanations as text for people and as JSON for programs.

#include "cli/explanation.hpp"

namespace freshet::cli {

/// `why_not_own`: why plans and rows do not come from the app's own database; empty: they do.
void print_text(const Explanation& explanation, const std::string& why_not_own);
void print_json(const Explanation& explanation);

// All routes, a line or an object each.
void print_routes(const ExplainedApp& app);
void print_routes_json(const ExplainedApp& app);

/// What a route depends on, in the order of its statements: each pattern once, none beside its whole table.
[[nodiscard]] std::vector<std::string> patterns_of(const api::Endpoint& endpoint);

}  // namespace freshet::cli
