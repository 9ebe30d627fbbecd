#include "api/plan_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "api/arguments.hpp"
#include "api/cache_plan.hpp"

namespace freshet::api {
namespace {

// The value of `name` in the query, which is taken out of it.
std::string taken(std::string& query, const std::string& name) {
  const std::size_t at = query.find(name + "=");
  if (at == std::string::npos) return "1";
  const std::size_t end = std::min(query.find('&', at), query.size());
  const std::string value = query.substr(at + name.size() + 1, end - at - name.size() - 1);
  query.erase(at, end + 1 - at);
  return value;
}

std::string statement_text(const Endpoint& endpoint, const CachePlan::StatementReads& reads) {
  const std::string& name = endpoint.statements[reads.statement].name;
  std::string text = fmt::format("{}:", name.empty() ? "statement" : name);
  for (const sql::TableDependency& table : reads.dependencies.tables) text += " " + pattern_of(table);
  return text + "\n";
}

}  // namespace

std::string plan_text(const Endpoint& endpoint, std::string_view query) {
  const CachePlan& plan = *endpoint.cache;
  std::string out;
  for (const CachePlan::StatementReads& reads : plan.statements) out += statement_text(endpoint, reads);
  if (!plan.cacheable) {
    const std::size_t file = plan.reason.rfind('/');  // the folder differs from run to run
    return out + "not cached: " + plan.reason.substr(0, plan.reason.rfind('(') + 1) + plan.reason.substr(file + 1);
  }
  std::string rest(query);
  std::vector<std::string> values;
  for (const std::uint32_t index : endpoint.path_parameters) {
    values.push_back(taken(rest, endpoint.source.parameters[index].name));
  }
  std::string path = endpoint.route;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string mark = "{" + endpoint.source.parameters[endpoint.path_parameters[i]].name + "}";
    path.replace(path.find(mark), mark.size(), values[i]);
  }
  http::Request request;
  request.path = path;
  request.query = rest;
  const std::vector<std::string_view> views(values.begin(), values.end());
  const Arguments arguments = read_arguments(endpoint, request, views, true).items.front();
  out += fmt::format("key: {}\ntags:", key_of(endpoint, arguments, path, rest));
  const auto tags = tags_of(plan, endpoint, arguments, {});
  if (!tags) return out + " not kept";
  for (const feed::Tag& tag : *tags) out += " " + tag.text;
  return out;
}

}  // namespace freshet::api
