#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/report.hpp"

namespace {

using freshet::Error;
using freshet::ErrorKind;

int run(int argc, char** argv) {
  CLI::App root("", "freshet");
  freshet::cli::style_help(root);
  freshet::cli::add_new(root);
  freshet::cli::add_check(root);
  freshet::cli::add_routes(root);
  freshet::cli::add_explain(root);
  freshet::cli::add_serve(root);
  freshet::cli::add_cache(root);
  freshet::cli::add_migrate(root);
  freshet::cli::add_seed(root);
  freshet::cli::add_load(root);
  freshet::cli::add_rollup(root);
  freshet::cli::add_completion(root);
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) {
    fmt::print(stderr, "{}", root.help());
    return freshet::cli::exit_code(ErrorKind::usage);
  }
  freshet::cli::read_help_command(words);
  try {
    root.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the end
    return 0;
  } catch (const CLI::Success& asked_for_help) {
    return root.exit(asked_for_help);
  } catch (const CLI::ParseError& wrong) {
    freshet::cli::print_error(freshet::cli::usage_error(root, words, wrong.what()));
    return freshet::cli::exit_code(ErrorKind::usage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const freshet::cli::Exit& exit) {
    return exit.code;
  } catch (const Error& error) {
    freshet::cli::print_error(error);
    return freshet::cli::exit_code(error.kind());
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
