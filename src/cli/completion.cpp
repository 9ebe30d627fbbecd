// freshet completion: scripts for bash, zsh and fish, made from the commands themselves so that they are never behind.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"

namespace freshet::cli {
namespace {

struct CommandWords {
  std::string name, description;
  std::vector<std::string> options;
};

std::vector<CommandWords> commands_of(const CLI::App& root) {
  std::vector<CommandWords> out;
  for (const CLI::App* command : root.get_subcommands({})) {
    CommandWords words{command->get_name(), command->get_description(), {}};
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) words.options.push_back("--" + name);
    }
    out.push_back(std::move(words));
  }
  return out;
}

std::string names_of(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CommandWords& command : commands) names.push_back(command.name);
  return fmt::format("{}", fmt::join(names, " "));
}

std::string bash(const std::vector<CommandWords>& commands) {
  std::string cases;
  for (const CommandWords& command : commands) {
    cases += fmt::format("    {}) options=\"{}\" ;;\n", command.name, fmt::join(command.options, " "));
  }
  return fmt::format(R"(# bash completion for freshet:  source <(freshet completion bash)
_freshet() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" options=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{} --help --version" -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -d -- "$current"))
  fi
}}
complete -o filenames -F _freshet freshet
)",
                     names_of(commands), cases);
}

// Within zsh's and fish's single quotes.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + out + "'";
}

std::string zsh(const std::vector<CommandWords>& commands) {
  std::string described, cases;
  for (const CommandWords& command : commands) {
    described += fmt::format("    {}\n", quoted(command.name + ":" + command.description));
    std::vector<std::string> options;
    for (const std::string& option : command.options) options.push_back(quoted(option));
    cases += fmt::format("      {}) _arguments {} '*:app:_files -/' ;;\n", command.name, fmt::join(options, " "));
  }
  return fmt::format(R"(#compdef freshet
# zsh completion for freshet:  freshet completion zsh > "${{fpath[1]}}/_freshet"
_freshet() {{
  local -a commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  (( CURRENT-- )); shift words
  case "$command" in
{}  esac
}}
_freshet "$@"
)",
                     described, cases);
}

std::string fish(const std::vector<CommandWords>& commands) {
  std::string out =
      "# fish completion for freshet:  freshet completion fish > ~/.config/fish/completions/freshet.fish\n";
  for (const CommandWords& command : commands) {
    out += fmt::format("complete -c freshet -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                       quoted(command.description));
    for (const std::string& option : command.options) {
      out += fmt::format("complete -c freshet -n '__fish_seen_subcommand_from {}' -l {}\n", command.name,
                         option.substr(2));
    }
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& root) {
  CLI::App* command = root.add_subcommand("completion", "Print a completion script for your shell");
  command->group(group_shell);
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "Which shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("bash: source <(freshet completion bash)");
  command->callback([shell, &root] {
    const std::vector<CommandWords> commands = commands_of(root);
    fmt::print("{}", *shell == "bash" ? bash(commands) : *shell == "zsh" ? zsh(commands) : fish(commands));
  });
}

}  // namespace freshet::cli
