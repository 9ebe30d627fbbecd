#include "api/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "api/json_schema.hpp"
#include "core/json_writer.hpp"
#include "core/text.hpp"

namespace freshet::api {
namespace {

using http::Method;

// What every problem document looks like (http/problem.cpp).
constexpr std::string_view problem_schema =
    R"({"type":"object","required":["type","title","status"],"properties":{)"
    R"("type":{"type":"string","format":"uri-reference"},"title":{"type":"string"},"status":{"type":"integer"},)"
    R"("detail":{"type":"string","description":"What went wrong."},)"
    R"("instance":{"type":"string","description":"The request id, as the server's log has it."},)"
    R"("hint":{"type":"string","description":"What to do about it."},)"
    R"("errors":{"type":"array","description":"One entry for each value that was refused.","items":{"type":"object",)"
    R"("properties":{"field":{"type":"string"},"in":{"type":"string","description":"path, query, body or header"},)"
    R"("code":{"type":"string"},"message":{"type":"string"}}}}}})";
// What a streamed answer takes besides its own parameters (api/row_stream.hpp).
constexpr std::string_view format_parameter =
    R"({"name":"format","in":"query","description":"The form of the answer, over the Accept header.",)"
    R"("schema":{"type":"string","enum":["json","ndjson","csv"]}})";
constexpr std::string_view problem_response =
    R"({"description":"What went wrong, as an RFC 9457 problem document.",)"
    R"("content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}})";

// "/dashboard/drill-down/{category}" → "dashboard", what the documentation groups by.
std::string group_of(std::string_view route) {
  route.remove_prefix(std::min<std::size_t>(1, route.size()));
  const std::string_view first = route.substr(0, route.find('/'));
  return first.empty() || first.starts_with('{') ? std::string("app") : std::string(first);
}

// Unique by construction: method and route, with what is no identifier made one.
std::string operation_id(Method method, std::string_view route) {
  std::string out = lower_case(http::to_string(method));
  for (const char c : route) {
    if (c == '}') continue;
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += word ? c : '_';
  }
  return out;
}

class Document {
 public:
  Document(const AppConfig& config, const std::vector<EndpointPtr>& endpoints) : config_(config) {
    for (const EndpointPtr& endpoint : endpoints) {
      paths_[endpoint->route].push_back(endpoint.get());
      for (const sql::AliasSource& alias : endpoint->source.aliases) paths_[alias.route].push_back(endpoint.get());
    }
  }

  std::string write() {
    json_.begin_object();
    json_.member("openapi", "3.1.0");
    write_info();
    json_.key("servers");
    json_.raw(R"([{"url":"/"}])");
    write_tags();
    json_.key("paths");
    json_.begin_object();
    for (const auto& [route, endpoints] : paths_) write_path(route, endpoints);
    json_.end_object();
    json_.key("components");
    json_.raw(fmt::format(R"({{"schemas":{{"Problem":{}}},"responses":{{"Problem":{}}}}})", problem_schema,
                          problem_response));
    json_.end_object();
    return std::string(out_.view());
  }

 private:
  void write_info() {
    json_.key("info");
    json_.begin_object();
    json_.member("title", std::string_view(config_.title));
    json_.member("version", std::string_view(config_.version));
    if (!config_.description.empty()) json_.member("description", std::string_view(config_.description));
    json_.end_object();
  }

  void write_tags() {
    std::set<std::string> names;
    for (const auto& [route, endpoints] : paths_) names.insert(group_of(route));
    json_.key("tags");
    json_.begin_array();
    for (const std::string& name : names) {
      json_.begin_object();
      json_.member("name", std::string_view(name));
      json_.end_object();
    }
    json_.end_array();
  }

  void write_path(const std::string& route, const std::vector<const Endpoint*>& endpoints) {
    json_.key(route);
    json_.begin_object();
    for (const Endpoint* endpoint : endpoints) {
      json_.key(lower_case(http::to_string(endpoint->method)));
      write_operation(route, *endpoint);
    }
    json_.end_object();
  }

  void write_operation(const std::string& route, const Endpoint& endpoint) {
    const sql::EndpointSource& source = endpoint.source;
    json_.begin_object();
    json_.member("operationId", std::string_view(unique_id(operation_id(endpoint.method, route))));
    json_.key("tags");
    json_.begin_array();
    json_.string(group_of(route));
    json_.end_array();
    if (!source.summary.empty()) json_.member("summary", std::string_view(source.summary));
    if (!source.description.empty()) json_.member("description", std::string_view(source.description));
    if (source.deprecated) json_.member("deprecated", true);
    write_parameters(endpoint);
    write_request_body(endpoint);
    write_responses(endpoint);
    json_.end_object();
  }

  // /a-b and /a/b would share one.
  std::string unique_id(std::string id) {
    while (!ids_.insert(id).second) id += '_';
    return id;
  }

  void write_parameters(const Endpoint& endpoint) {
    json_.key("parameters");
    json_.begin_array();
    for (std::size_t i = 0; i < endpoint.places.size(); ++i) {
      if (endpoint.places[i] == Place::body) continue;
      const sql::ParameterSpec& spec = endpoint.source.parameters[i];
      const std::string name = endpoint.places[i] == Place::header ? header_name_of(spec.name) : spec.name;
      json_.begin_object();
      json_.member("name", std::string_view(name));
      json_.member("in", to_string(endpoint.places[i]));
      if (spec.required) json_.member("required", true);
      if (!spec.description.empty()) json_.member("description", std::string_view(spec.description));
      json_.key("schema");
      write_parameter_schema(json_, spec, false);
      json_.end_object();
    }
    if (endpoint.takes_format()) json_.raw(format_parameter);
    json_.end_array();
  }

  void write_body_schema(const Endpoint& endpoint) {
    json_.begin_object();
    json_.member("type", "object");
    json_.member("additionalProperties", false);
    json_.key("required");
    json_.begin_array();
    for_each_member(endpoint, [&](const sql::ParameterSpec& spec) {
      if (spec.required) json_.string(spec.name);
    });
    json_.end_array();
    json_.key("properties");
    json_.begin_object();
    for_each_member(endpoint, [&](const sql::ParameterSpec& spec) {
      json_.key(spec.name);
      write_parameter_schema(json_, spec, !spec.required);
    });
    json_.end_object();
    json_.end_object();
  }

  template <class Visit>
  void for_each_member(const Endpoint& endpoint, Visit visit) {
    for (std::size_t i = 0; i < endpoint.places.size(); ++i) {
      if (endpoint.places[i] == Place::body) visit(endpoint.source.parameters[i]);
    }
  }

  void write_request_body(const Endpoint& endpoint) {
    bool any = false, required = false;
    for_each_member(endpoint, [&](const sql::ParameterSpec& spec) {
      any = true;
      required = required || spec.required;
    });
    if (!any) return;
    json_.key("requestBody");
    json_.begin_object();
    json_.member("required", required);
    json_.key("content");
    json_.begin_object();
    json_.key("application/json");
    json_.begin_object();
    json_.key("schema");
    if (endpoint.source.bulk) {
      json_.begin_object();
      json_.key("oneOf");
      json_.begin_array();
      write_body_schema(endpoint);
      json_.begin_object();
      json_.member("type", "array");
      json_.member("maxItems", static_cast<std::int64_t>(endpoint.source.bulk_max));
      json_.key("items");
      write_body_schema(endpoint);
      json_.end_object();
      json_.end_array();
      json_.end_object();
    } else {
      write_body_schema(endpoint);
    }
    json_.end_object();
    json_.end_object();
    json_.end_object();
  }

  void write_responses(const Endpoint& endpoint) {
    json_.key("responses");
    json_.begin_object();
    const unsigned status = endpoint.success_status();
    json_.key(fmt::format("{}", status));
    json_.begin_object();
    json_.member("description", status == 204 ? "Done." : "The answer.");
    if (status != 204) write_content(endpoint);
    json_.end_object();
    const StatementPlan* const answer = endpoint.answer();
    if (!endpoint.keyed && answer != nullptr && answer->shape == sql::Shape::object) write_problem("404");
    if (!endpoint.places.empty()) write_problem("422");
    write_problem("default");
    json_.end_object();
  }

  void write_content(const Endpoint& endpoint) {
    json_.key("content");
    json_.begin_object();
    json_.key("application/json");
    json_.begin_object();
    json_.key("schema");
    write_answer_schema(json_, endpoint);
    json_.end_object();
    if (endpoint.streams()) {
      json_.key("application/x-ndjson");
      json_.begin_object();
      json_.key("schema");
      write_row_schema(json_, endpoint, *endpoint.answer());
      json_.end_object();
      json_.key("text/csv");
      json_.raw(R"({"schema":{"type":"string"}})");
    }
    json_.end_object();
  }

  void write_problem(std::string_view status) {
    json_.key(status);
    json_.raw(R"({"$ref":"#/components/responses/Problem"})");
  }

  const AppConfig& config_;
  std::map<std::string, std::vector<const Endpoint*>> paths_;
  std::set<std::string> ids_;
  Bytes out_;
  JsonWriter json_{out_};
};

}  // namespace

std::string make_openapi(const AppConfig& config, const std::vector<EndpointPtr>& endpoints) {
  return Document(config, endpoints).write();
}

}  // namespace freshet::api
