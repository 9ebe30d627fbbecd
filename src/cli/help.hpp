#pragma once
// How `freshet --help` reads, and what a mistyped command line is answered with.

#include <string>
#include <vector>

#include "core/error.hpp"

namespace CLI {
class App;
}

namespace freshet::cli {

void style_help(CLI::App& root);

/// `help serve` is `serve --help`. Requires !words.empty().
void read_help_command(std::vector<std::string>& words);

/// What to say of a command line that is not understood: `what` of a command that there is, else that there is none of
/// that name and which one may be meant. Requires !words.empty().
[[nodiscard]] Error usage_error(const CLI::App& root, const std::vector<std::string>& words, const std::string& what);

}  // namespace freshet::cli
