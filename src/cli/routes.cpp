// freshet routes: what an app answers, from which file.

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/report.hpp"
#include "core/json_writer.hpp"
#include "http/message.hpp"

namespace freshet::cli {
namespace {

struct RoutesArguments {
  AppArguments app;
  bool json = false;
};

std::string shape_of(const api::Endpoint& endpoint) {
  if (endpoint.keyed) return "keys";
  const api::StatementPlan* const answer = endpoint.answer();
  return answer == nullptr ? std::string("none") : std::string(sql::to_string(answer->shape));
}

void print_table(const api::App& app) {
  std::size_t width = 5;
  for (const api::EndpointPtr& endpoint : app.endpoints) width = std::max(width, endpoint->route.size());
  for (const api::EndpointPtr& endpoint : app.endpoints) {
    const std::string method(http::to_string(endpoint->method));
    fmt::print("{} {:<{}}  {:<6}  {}\n", styled(STDOUT_FILENO, "1;36", fmt::format("{:<6}", method)), endpoint->route,
               width, shape_of(*endpoint), endpoint->source.summary);
    for (const sql::AliasSource& alias : endpoint->source.aliases) fmt::print("       {}  (the same)\n", alias.route);
  }
}

void print_json(const api::App& app) {
  Bytes out;
  JsonWriter json(out);
  json.begin_array();
  for (const api::EndpointPtr& endpoint : app.endpoints) {
    json.begin_object();
    json.member("method", http::to_string(endpoint->method));
    json.member("route", std::string_view(endpoint->route));
    json.member("shape", std::string_view(shape_of(*endpoint)));
    json.member("file", std::string_view(endpoint->source.file));
    json.member("summary", std::string_view(endpoint->source.summary));
    json.key("aliases");
    json.begin_array();
    for (const sql::AliasSource& alias : endpoint->source.aliases) json.string(alias.route);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  fmt::print("{}\n", out.view());
}

void routes(const RoutesArguments& arguments) {
  const api::AppConfig config = read_config(arguments.app);
  VerificationDatabase verification(config);
  const std::shared_ptr<api::App> app = compile_app(config, verification.database());
  arguments.json ? print_json(*app) : print_table(*app);
}

}  // namespace

void add_routes(CLI::App& root) {
  CLI::App* command = root.add_subcommand("routes", "List what an app answers");
  command->group(group_start);
  auto arguments = std::make_shared<RoutesArguments>();
  add_app_arguments(*command, arguments->app);
  command->add_flag("--json", arguments->json, "As JSON, for scripts");
  command->callback([arguments] { routes(*arguments); });
}

}  // namespace freshet::cli
