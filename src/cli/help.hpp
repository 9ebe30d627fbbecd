#pragma once
// How `freshet --help` reads, and what a mistyped command line is answered with.

#include <string>

namespace CLI {
class App;
}

namespace freshet::cli {

void style_help(CLI::App& root);

/// "did you mean `migrate`?" for a command that does not exist, else where the help is.
[[nodiscard]] std::string usage_hint(const CLI::App& root, int argc, char** argv);

}  // namespace freshet::cli
