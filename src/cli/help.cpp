#include "cli/help.hpp"

#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/text.hpp"

#ifndef FRESHET_VERSION
#define FRESHET_VERSION "0.0.0"
#endif

namespace freshet::cli {
namespace {

constexpr const char* introduction =
    "Freshet turns a database and a folder of SQL into a fast HTTP JSON backend.\n"
    "\n"
    "  freshet new shop          a starter app in ./shop\n"
    "  freshet serve shop        serve it on http://127.0.0.1:8080, and open /docs\n"
    "\n"
    "An app is a folder: freshet.toml, migrations/, endpoints/, seed/.";

constexpr const char* closing =
    "Every command explains itself: freshet COMMAND --help\n"
    "Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 3 the app is wrong";

// Roomier than CLI11's own: commands by group, one line each, options aligned.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(26);
    label("REQUIRED", "");
    label("TEXT", "TEXT");
    label("OPTIONS", "OPTIONS");
    label("SUBCOMMAND", "COMMAND");
  }
  std::string make_description(const CLI::App* app) const override {
    return app->get_parent() == nullptr ? std::string(introduction) + "\n" : CLI::Formatter::make_description(app);
  }
};

}  // namespace

void style_help(CLI::App& root) {
  root.formatter(std::make_shared<HelpFormatter>());
  root.set_help_flag("-h,--help", "This page");
  root.set_version_flag("-V,--version", "freshet " FRESHET_VERSION);
  root.require_subcommand(1);
  root.footer(closing);
}

std::string usage_hint(const CLI::App& root, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands({})) names.push_back(command->get_name());
  if (argc > 1) {
    const std::string word = argv[1];
    for (const std::string& name : names) {
      if (word == name) return fmt::format("freshet {} --help", name);
    }
    if (std::string hint = did_you_mean(word, names); !hint.empty()) return hint;
  }
  return "freshet --help";
}

}  // namespace freshet::cli
