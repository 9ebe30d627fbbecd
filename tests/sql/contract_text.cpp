#include "sql/contract_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace freshet::testing {
namespace {

using namespace sql;

std::string default_text(const ParameterSpec& spec) {
  if (!spec.default_value.is_list) return canonical_text(spec.default_value.scalar);
  std::vector<std::string> items;
  for (const Value& item : spec.default_value.items) items.push_back(canonical_text(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string parameter_text(const ParameterSpec& spec) {
  std::string out = fmt::format("param {}: {}", spec.name, to_string(spec.type));
  if (!spec.choices.empty()) out += fmt::format("({})", fmt::join(spec.choices, "|"));
  if (spec.scale) out += fmt::format("({})", *spec.scale);
  if (spec.list) out += "[]";
  if (spec.required) out += " required";
  if (spec.min) out += fmt::format(" min={}", *spec.min);
  if (spec.max) out += fmt::format(" max={}", *spec.max);
  if (spec.min_length) out += fmt::format(" min_length={}", *spec.min_length);
  if (spec.max_length) out += fmt::format(" max_length={}", *spec.max_length);
  if (spec.pattern) out += fmt::format(" pattern=/{}/", *spec.pattern);
  if (spec.list) out += fmt::format(" max_items={}", spec.items_max);
  if (spec.in == ParameterIn::query) out += " in=query";
  if (spec.in == ParameterIn::body) out += " in=body";
  if (spec.in == ParameterIn::header) out += " in=header";
  if (spec.has_default) out += " = " + default_text(spec);
  if (!spec.description.empty()) out += " -- " + spec.description;
  return out + '\n';
}

std::string statement_text(const StatementSource& statement) {
  std::string out = fmt::format("statement {}:", statement.name.empty() ? "(unnamed)" : statement.name);
  if (statement.shape) out += fmt::format(" shape {}", to_string(*statement.shape));
  if (statement.embed) {
    out += fmt::format(" embed {}{} in {} on {} = {}", statement.embed->single ? "one " : "", statement.embed->key,
                       statement.embed->parent, statement.embed->child_column, statement.embed->parent_column);
  }
  if (statement.when) {
    out += fmt::format(" when {} is {}", statement.when->parameter, fmt::join(statement.when->values, " or "));
  }
  for (const ColumnSpec& column : statement.columns) {
    out += fmt::format(" column {} {}{}", column.name, to_string(column.type), column.nullable ? " nullable" : "");
  }
  for (const Placeholder& placeholder : statement.placeholders) {
    out += fmt::format(" :{}{}{}{}", placeholder.name, placeholder.column.empty() ? "" : ".", placeholder.column,
                       placeholder.in_list ? " (in list)" : "");
  }
  return out + '\n' + "  " + statement.text + '\n';
}

}  // namespace

std::string contract_text(const EndpointSource& endpoint) {
  std::string out;
  if (!endpoint.summary.empty()) out += fmt::format("summary: {}\n", endpoint.summary);
  if (!endpoint.description.empty()) out += fmt::format("description: {}\n", endpoint.description);
  out += fmt::format("shape: {}", to_string(endpoint.shape));
  if (endpoint.shape == Shape::page)
    out += fmt::format(" size={} max={}", endpoint.page_size_default, endpoint.page_size_max);
  out += '\n';
  for (const ParameterSpec& spec : endpoint.parameters) out += parameter_text(spec);
  if (endpoint.cache) {
    out += endpoint.cache->off ? "cache: off" : "cache:";
    if (endpoint.cache->ttl_min) out += fmt::format(" {}ms to", endpoint.cache->ttl_min->count());
    if (endpoint.cache->ttl) out += fmt::format(" {}ms", endpoint.cache->ttl->count());
    if (endpoint.cache->stale) out += fmt::format(" stale {}ms", endpoint.cache->stale->count());
    out += '\n';
  }
  if (!endpoint.tags.empty()) out += fmt::format("tags: {}\n", fmt::join(endpoint.tags, ", "));
  for (const AliasSource& alias : endpoint.aliases) out += fmt::format("alias: {}\n", alias.route);
  if (endpoint.status != 0) out += fmt::format("status: {}\n", endpoint.status);
  if (endpoint.bulk) out += fmt::format("bulk: at most {}\n", endpoint.bulk_max);
  if (endpoint.timeout.count() != 0) out += fmt::format("timeout: {}ms\n", endpoint.timeout.count());
  if (endpoint.deprecated) out += "deprecated\n";
  for (const StatementSource& statement : endpoint.statements) out += statement_text(statement);
  out.pop_back();
  return out;
}

std::string problems_text(const Diagnostics& problems) {
  std::string out;
  for (const Error& problem : problems) {
    const SourcePlace place = problem.place().value_or(SourcePlace{});
    out += fmt::format("{}:{}:{}: {}\n", place.file, place.line, place.column, problem.message());
    out += fmt::format("  | {}\n  | {}^\n", problem.source_line(),
                       std::string(place.column == 0 ? 0 : place.column - 1, ' '));
    if (!problem.hint().empty()) out += fmt::format("  {}\n", problem.hint());
  }
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace freshet::testing
