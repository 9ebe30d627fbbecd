// freshet explain: what a route's answers depend on, whether they are kept, and how its statements are run.

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/explain_output.hpp"
#include "cli/explanation.hpp"
#include "core/text.hpp"

namespace freshet::cli {
namespace {

struct ExplainArguments {
  AppArguments app;
  std::string route;
  std::vector<std::string> parameters;  // "name=value"
  std::string method = "GET";
  bool json = false;
};

/// What of the command line belongs into a request: the path's values and the rest of the query.
struct Target {
  api::EndpointPtr endpoint;
  std::string path, query;
  std::vector<std::string> path_values;                      // as they stand in the path
  std::vector<std::pair<std::string, std::string>> headers;  // of parameters that come from there
  bool asked = false;                                        // somebody gave values
};

std::vector<std::string_view> routes_of(const api::App& app) {
  std::vector<std::string_view> routes;
  for (const api::EndpointPtr& endpoint : app.endpoints) routes.emplace_back(endpoint->route);
  return routes;
}

[[noreturn]] void refuse_route(const api::App& app, const ExplainArguments& arguments, std::string_view path) {
  const std::string allowed = app.router.allowed(path);
  if (!allowed.empty()) {
    throw Error(ErrorKind::usage, fmt::format("{} does not answer {}", path, arguments.method))
        .hinting(fmt::format("it answers {}: --method says which", allowed));
  }
  const std::vector<std::string> near = app.router.near(path, 3);
  const std::string hint =
      near.empty() ? did_you_mean(path, routes_of(app)) : fmt::format("near it: {}", fmt::join(near, ", "));
  throw Error(ErrorKind::usage, fmt::format("there is no route {}", path))
      .hinting(hint.empty() ? fmt::format("all of them: freshet routes {}", arguments.app.folder) : hint);
}

/// `/albums/{id}` as it was declared, or `/albums/5?part=all` as it is asked for.
Target find_target(const api::App& app, const ExplainArguments& arguments) {
  Target target;
  const std::string text = arguments.route.starts_with('/') ? arguments.route : "/" + arguments.route;
  const std::size_t question = std::min(text.find('?'), text.size());
  target.path = text.substr(0, question);
  if (question < text.size()) target.query = text.substr(question + 1);
  const std::optional<http::Method> method = http::method_from(arguments.method);
  if (!method) throw Error(ErrorKind::usage, fmt::format("`{}` is no method", arguments.method));
  for (const api::EndpointPtr& endpoint : app.endpoints) {
    if (endpoint->method != *method || endpoint->route != target.path) continue;
    target.endpoint = endpoint;
    target.path_values.resize(endpoint->path_parameters.size());
    target.asked = !target.query.empty();
    return target;
  }
  std::vector<std::string_view> values;
  const http::Router::Match match = app.router.match(*method, target.path, values);
  if (!match.method_found) refuse_route(app, arguments, target.path);
  target.endpoint = app.endpoints[match.index];
  target.path_values.assign(values.begin(), values.end());
  target.asked = !values.empty() || !target.query.empty();
  return target;
}

std::size_t find_parameter(const api::Endpoint& endpoint, std::string_view name) {
  const auto& specs = endpoint.source.parameters;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return i;
    names.emplace_back(specs[i].name);
  }
  throw Error(ErrorKind::usage, fmt::format("{} has no parameter `{}`", endpoint.route, name))
      .hinting(names.empty() ? "it has none at all" : did_you_mean(name, names));
}

void add_parameter(Target& target, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorKind::usage, fmt::format("`{}` is no parameter", text)).hinting("--param month=2025-01");
  }
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  const api::Endpoint& endpoint = *target.endpoint;
  const std::size_t index = find_parameter(endpoint, name);
  target.asked = true;
  if (endpoint.places[index] == api::Place::path) {
    const auto place = std::ranges::find(endpoint.path_parameters, index);
    target.path_values[static_cast<std::size_t>(place - endpoint.path_parameters.begin())] = percent_encode(value);
  } else if (endpoint.places[index] == api::Place::header) {
    target.headers.emplace_back(api::header_name_of(name), value);
  } else {
    target.query += fmt::format("{}{}={}", target.query.empty() ? "" : "&", name, percent_encode(value));
  }
}

void fill_path(Target& target) {
  const api::Endpoint& endpoint = *target.endpoint;
  for (std::size_t i = 0; i < target.path_values.size(); ++i) {
    const std::string& name = endpoint.source.parameters[endpoint.path_parameters[i]].name;
    if (target.path_values[i].empty()) {
      throw Error(ErrorKind::usage, fmt::format("{} needs a value for `{}`", endpoint.route, name))
          .hinting(fmt::format("--param {}=…", name));
    }
    const std::string mark = fmt::format("{{{}}}", name);
    const std::size_t at = target.path.find(mark);
    if (at != std::string::npos) target.path.replace(at, mark.size(), target.path_values[i]);
  }
}

/// Nothing if no values were given and some can be: then patterns are shown.
std::optional<ExplainedCall> call_of(Target& target) {
  const api::Endpoint& endpoint = *target.endpoint;
  if (endpoint.writes || (!target.asked && !endpoint.source.parameters.empty())) return std::nullopt;
  fill_path(target);
  const std::vector<std::string_view> values(target.path_values.begin(), target.path_values.end());
  std::vector<http::Header> headers;
  for (const auto& [name, value] : target.headers) headers.push_back({.name = name, .value = value});
  http::Request request;
  request.method = endpoint.method;
  request.path = target.path;
  request.query = target.query;
  request.headers = headers;
  try {
    api::CallArguments call = api::read_arguments(endpoint, request, values, true);
    return ExplainedCall{.path = target.path, .query = target.query, .arguments = std::move(call.items.front())};
  } catch (const Error& error) {
    std::string hint;
    for (const FieldProblem& problem : error.fields()) {
      if (problem.code == "required") hint += fmt::format("{}--param {}=…", hint.empty() ? "" : " ", problem.field);
    }
    throw Error(ErrorKind::usage, error.message()).hinting(hint);
  }
}

void explain(const ExplainArguments& arguments) {
  ExplainedApp explained(arguments.app);
  if (arguments.route.empty()) {
    if (!arguments.parameters.empty()) throw Error(ErrorKind::usage, "--param needs a route");
    arguments.json ? print_routes_json(explained) : print_routes(explained);
    return;
  }
  Target target = find_target(explained.app(), arguments);
  for (const std::string& text : arguments.parameters) add_parameter(target, text);
  const std::optional<ExplainedCall> call = call_of(target);
  const Explanation explanation = explained.explain(target.endpoint, call);
  arguments.json ? print_json(explanation) : print_text(explanation, explained.why_not_own());
}

}  // namespace

void add_explain(CLI::App& root) {
  CLI::App* command = root.add_subcommand("explain", "Say what answers depend on and how statements are run");
  command->group(group_start);
  auto arguments = std::make_shared<ExplainArguments>();
  add_app_arguments(*command, arguments->app);
  command->add_option("ROUTE", arguments->route, "As declared, or as it is asked for: '/albums/5?part=all'");
  command->add_option("--param", arguments->parameters, "NAME=VALUE, as often as needed")->expected(1)->take_all();
  command->add_option("--method", arguments->method, "Of the route, where it is not GET");
  command->add_flag("--json", arguments->json, "As JSON, for scripts");
  command->footer(
      "Without ROUTE: all of them, a line each.\n"
      "Plans and rows are those of the app's own database, which is only read; of a scratch one where there is none.");
  command->callback([arguments] { explain(*arguments); });
}

}  // namespace freshet::cli
