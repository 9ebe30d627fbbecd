#include "cli/help.hpp"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.hpp"
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
  // " N", " TEXT", " up|down|status", with a default behind "=". What an option excludes, its error says.
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return {};
    std::string type = option->get_type_name();
    const std::size_t choices = type.find(":{");
    if (choices != std::string::npos) {
      type = type.substr(choices + 2, type.size() - choices - 3);
      std::replace(type.begin(), type.end(), ',', '|');
    } else if (option->get_positional()) {
      type.clear();
    } else if (type == "INT" || type == "UINT") {
      type = "N";
    }
    const std::string fallback = option->get_default_str();
    return (type.empty() ? "" : " " + type) + (fallback.empty() ? "" : "=" + fallback);
  }
};

}  // namespace

void style_help(CLI::App& root) {
  root.formatter(std::make_shared<HelpFormatter>());
  root.set_help_flag("-h,--help", "This page");
  root.set_version_flag("-V,--version", "freshet " FRESHET_VERSION, "The version");
  root.require_subcommand(1);
  root.footer(closing);
}

void read_help_command(std::vector<std::string>& words) {
  if (words.front() != "help") return;
  words.erase(words.begin());
  words.emplace_back("--help");
}

Error usage_error(const CLI::App& root, const std::vector<std::string>& words, const std::string& what) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands({})) names.push_back(command->get_name());
  const std::string& word = words.front();
  if (std::find(names.begin(), names.end(), word) != names.end()) {
    return Error(ErrorKind::usage, what).hinting(fmt::format("freshet {} --help", word));
  }
  const std::string hint = did_you_mean(word, names);
  return Error(ErrorKind::usage, fmt::format("there is no {} `{}`", word.starts_with('-') ? "option" : "command", word))
      .hinting(hint.empty() ? "freshet --help" : hint);
}

}  // namespace freshet::cli
