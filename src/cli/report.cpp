#include "cli/report.hpp"

#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "core/log.hpp"

namespace freshet::cli {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::config:
      return 3;
    default:
      return 1;
  }
}

std::string styled(int stream_fd, const char* ansi_code, const std::string& text) {
  const bool plain = ::isatty(stream_fd) == 0 || std::getenv("NO_COLOR") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  return plain ? text : fmt::format("\x1b[{}m{}\x1b[0m", ansi_code, text);
}

void print_error(const Error& error) {
  fmt::print(stderr, "{} {}\n", styled(STDERR_FILENO, "1;31", "error:"), describe(error));
}

int print_problems(const Diagnostics& problems) {
  for (const Error& problem : problems) print_error(problem);
  if (problems.size() > 1) fmt::print(stderr, "{} problems\n", problems.size());
  return exit_code(problems.front().kind());
}

}  // namespace freshet::cli
