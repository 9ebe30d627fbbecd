// freshet check: everything that serve verifies, without serving.

#include <unistd.h>

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cache_commands.hpp"
#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/report.hpp"
#include "http/server.hpp"

namespace freshet::cli {
namespace {

void check(const AppArguments& arguments) {
  const api::AppConfig config = read_config(arguments);
  http::verify(config.server);
  VerificationDatabase verification(config);
  const std::shared_ptr<api::App> app = compile_app(config, verification.database());
  std::size_t statements = 0;
  for (const api::EndpointPtr& endpoint : app->endpoints) statements += endpoint->statements.size();
  fmt::print("{} {}: {} endpoints, {} statements\n", styled(STDOUT_FILENO, "1;32", "ok"), config.name,
             app->endpoints.size(), statements);
  if (const std::string hint = watch_hint(*app, verification.options(), true); !hint.empty())
    fmt::print("   {}\n", hint);
}

}  // namespace

void add_check(CLI::App& root) {
  CLI::App* command = root.add_subcommand("check", "Verify an app: settings, migrations, every endpoint and statement");
  command->group(group_start);
  auto arguments = std::make_shared<AppArguments>();
  add_app_arguments(*command, *arguments);
  command->footer(
      "Prints each problem with file:line:column, the line with a caret, and what to do.\n"
      "The app's own data is not touched: an app with migrations is checked on a scratch database.\n"
      "Exit code 3 if anything is wrong.");
  command->callback([arguments] { check(*arguments); });
}

}  // namespace freshet::cli
