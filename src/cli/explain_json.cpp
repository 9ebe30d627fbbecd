// freshet explain --json.

#include <fmt/format.h>

#include "cli/explain_output.hpp"
#include "core/json_writer.hpp"

namespace freshet::cli {
namespace {

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  text.empty() ? json.null() : json.string(text);
}

void write_time(JsonWriter& json, std::string_view name, const std::optional<std::chrono::milliseconds>& time) {
  json.key(name);
  time ? json.integer(time->count()) : json.null();
}

void write_step(JsonWriter& json, const db::PlanStep& step) {
  json.begin_object();
  json.member("id", static_cast<std::int64_t>(step.id));
  json.member("parent", static_cast<std::int64_t>(step.parent));
  json.member("detail", std::string_view(step.detail));
  write_text_or_null(json, "table", step.table);
  write_text_or_null(json, "index", step.index);
  json.member("whole_table", step.whole_table);
  json.key("rows");
  step.rows ? json.integer(*step.rows) : json.null();
  json.end_object();
}

void write_index(JsonWriter& json, const db::CatalogIndex& index) {
  json.begin_object();
  json.member("name", std::string_view(index.name));
  write_texts(json, "columns", index.columns);
  json.member("unique", index.unique);
  json.end_object();
}

void write_statement(JsonWriter& json, const ExplainedStatement& statement, bool called) {
  json.begin_object();
  write_text_or_null(json, "name", statement.name);
  json.member("line", static_cast<std::int64_t>(statement.line));
  json.member("sql", std::string_view(statement.sql));
  json.member("runs", statement.runs);
  write_texts(json, "rollups", statement.rollups);
  json.key("depends_on");
  json.begin_array();
  for (const ExplainedReference& reference : statement.references) {
    json.begin_object();
    json.member("pattern", std::string_view(reference.pattern));
    write_text_or_null(json, "whole_table_because", reference.whole_because);
    if (called) write_texts(json, "tags", reference.tags);
    json.end_object();
  }
  json.end_array();
  json.key("plan");
  json.begin_array();
  for (const db::PlanStep& step : statement.plan) write_step(json, step);
  json.end_array();
  json.key("indexes");
  json.begin_array();
  for (const db::CatalogIndex& index : statement.indexes) write_index(json, index);
  json.end_array();
  json.end_object();
}

void write_head(JsonWriter& json, const api::Endpoint& endpoint) {
  json.member("method", http::to_string(endpoint.method));
  json.member("route", std::string_view(endpoint.route));
  json.member("file", std::string_view(endpoint.source.file));
}

}  // namespace

void print_json(const Explanation& explanation) {
  const api::CachePlan& plan = *explanation.endpoint->cache;
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  write_head(json, *explanation.endpoint);
  json.member("cached", explanation.kept);
  write_text_or_null(json, "not_cached_because", explanation.not_kept_because);
  write_texts(json, "only_with", explanation.only_with);
  write_time(json, "ttl_ms", plan.ttl);
  write_time(json, "ttl_min_ms", plan.ttl_min);
  write_time(json, "stale_ms", plan.stale);
  json.key("changes_seen_by");
  explanation.mode ? json.string(feed::to_string(*explanation.mode)) : json.null();
  if (explanation.called && explanation.kept) {
    json.member("key", std::string_view(explanation.key));
    write_texts(json, "tags", explanation.tags);
  }
  json.key("statements");
  json.begin_array();
  for (const ExplainedStatement& each : explanation.statements) write_statement(json, each, explanation.called);
  json.end_array();
  json.key("rows_from");
  json.begin_object();
  write_texts(json, "analyzed", explanation.analyzed);
  write_texts(json, "counted", explanation.counted);
  json.end_object();
  json.end_object();
  fmt::print("{}\n", out.view());
}

void print_routes_json(const ExplainedApp& app) {
  Bytes out;
  JsonWriter json(out);
  json.begin_array();
  for (const api::EndpointPtr& endpoint : app.app().endpoints) {
    json.begin_object();
    write_head(json, *endpoint);
    json.member("cached", endpoint->cache->cacheable);
    write_text_or_null(json, "not_cached_because", endpoint->cache->reason);
    write_texts(json, "depends_on", patterns_of(*endpoint));
    json.end_object();
  }
  json.end_array();
  fmt::print("{}\n", out.view());
}

}  // namespace freshet::cli
