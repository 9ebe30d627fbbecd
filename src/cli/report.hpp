#pragma once
// The one place where errors become text on a terminal and exit codes.

#include <string>

#include "core/error.hpp"

namespace freshet::cli {

/// 0 done; 1 it failed; 2 the command line is wrong; 3 the app is wrong (freshet.toml, migrations, endpoints, seeds).
[[nodiscard]] int exit_code(ErrorKind kind) noexcept;

/// Prints to stderr, in colour on a terminal.
void print_error(const Error& error);
/// All of them, and how many there were; returns the exit code of the first. Requires !problems.empty().
int print_problems(const Diagnostics& problems);

/// Text for a terminal: ANSI codes only when `stream_fd` is one and NO_COLOR is not set.
[[nodiscard]] std::string styled(int stream_fd, const char* ansi_code, const std::string& text);

}  // namespace freshet::cli
