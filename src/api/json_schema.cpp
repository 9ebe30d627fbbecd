#include "api/json_schema.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace freshet::api {
namespace {

using sql::ColumnType;
using sql::ParameterType;
using sql::Shape;

struct Form {
  std::string_view type;  // empty: anything
  std::string_view format, pattern;
};

constexpr std::string_view month_pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$";

Form form_of(ParameterType type) {
  switch (type) {
    case ParameterType::text:
    case ParameterType::enumeration:
      return {.type = "string", .format = {}, .pattern = {}};
    case ParameterType::integer:
      return {.type = "integer", .format = "int64", .pattern = {}};
    case ParameterType::decimal:
      return {};  // write_decimal()
    case ParameterType::boolean:
      return {.type = "boolean", .format = {}, .pattern = {}};
    case ParameterType::date:
      return {.type = "string", .format = "date", .pattern = {}};
    case ParameterType::timestamp:
      return {.type = "string", .format = "date-time", .pattern = {}};
    case ParameterType::month:
      return {.type = "string", .format = {}, .pattern = month_pattern};
    case ParameterType::uuid:
      return {.type = "string", .format = "uuid", .pattern = {}};
    case ParameterType::json:
      return {};
  }
  return {};
}

Form form_of(ColumnType type) {
  switch (type) {
    case ColumnType::any:
    case ColumnType::json:
      return {};
    case ColumnType::text:
      return {.type = "string", .format = {}, .pattern = {}};
    case ColumnType::blob:
      return {.type = "string", .format = {}, .pattern = "^\\\\x[0-9a-f]*$"};
    case ColumnType::integer:
      return {.type = "integer", .format = "int64", .pattern = {}};
    case ColumnType::decimal:
    case ColumnType::number:
      return {.type = "number", .format = {}, .pattern = {}};
    case ColumnType::boolean:
      return {.type = "boolean", .format = {}, .pattern = {}};
    case ColumnType::date:
      return {.type = "string", .format = "date", .pattern = {}};
    case ColumnType::timestamp:
      return {.type = "string", .format = "date-time", .pattern = {}};
    case ColumnType::month:
      return {.type = "string", .format = {}, .pattern = month_pattern};
    case ColumnType::uuid:
      return {.type = "string", .format = "uuid", .pattern = {}};
  }
  return {};
}

void write_type(JsonWriter& json, std::string_view type, bool nullable) {
  if (type.empty()) return;
  json.key("type");
  if (!nullable) {
    json.string(type);
    return;
  }
  json.begin_array();
  json.string(type);
  json.string("null");
  json.end_array();
}

void write_form(JsonWriter& json, const Form& form, bool nullable) {
  write_type(json, form.type, nullable);
  if (!form.format.empty()) json.member("format", form.format);
  if (!form.pattern.empty()) json.member("pattern", form.pattern);
}

void write_choices(JsonWriter& json, const sql::ParameterSpec& spec, bool nullable) {
  if (spec.choices.empty()) return;
  json.key("enum");
  json.begin_array();
  for (const std::string& choice : spec.choices) json.string(choice);
  if (nullable) json.null();
  json.end_array();
}

void write_scalar(JsonWriter& json, const Value& value, const sql::ParameterSpec& spec) {
  if (std::holds_alternative<bool>(value)) return json.boolean(std::get<bool>(value));
  if (std::holds_alternative<std::int64_t>(value)) {
    const std::int64_t number = std::get<std::int64_t>(value);
    if (spec.type == ParameterType::boolean) return json.boolean(number != 0);
    return json.integer(number);
  }
  if (std::holds_alternative<double>(value)) return json.real(std::get<double>(value));
  const std::string text = sql::canonical_text(value);
  if (spec.type == ParameterType::json) return json.raw(text);
  json.string(text);
}

void write_default(JsonWriter& json, const sql::ParameterSpec& spec) {
  if (!spec.has_default) return;
  json.key("default");
  if (!spec.list) return write_scalar(json, spec.default_value.scalar, spec);
  json.begin_array();
  for (const Value& item : spec.default_value.items) write_scalar(json, item, spec);
  json.end_array();
}

void write_range(JsonWriter& json, const sql::ParameterSpec& spec) {
  const bool number = spec.type == ParameterType::integer || spec.type == ParameterType::decimal;
  const auto bound = [&](std::string_view of_numbers, std::string_view of_times, const std::string& text) {
    if (!number) return json.member(of_times, std::string_view(text));
    json.key(of_numbers);
    json.raw(text);
  };
  // JSON Schema has no bounds for dates; tools pass over keys that start with x-, /docs shows them.
  if (spec.min) bound("minimum", "x-minimum", *spec.min);
  if (spec.max) bound("maximum", "x-maximum", *spec.max);
}

void write_limits(JsonWriter& json, const sql::ParameterSpec& spec) {
  write_range(json, spec);
  if (spec.min_length) json.member("minLength", static_cast<std::int64_t>(*spec.min_length));
  if (spec.max_length) json.member("maxLength", static_cast<std::int64_t>(*spec.max_length));
  if (spec.pattern) json.member("pattern", std::string_view("^(?:" + *spec.pattern + ")$"));
}

// Taken as a number or as text, which keeps its digits wherever it passes: the pattern is for the text, multipleOf and
// the bounds are for the number.
void write_decimal(JsonWriter& json, const sql::ParameterSpec& spec, bool nullable) {
  json.key("type");
  json.raw(nullable ? R"(["string","number","null"])" : R"(["string","number"])");
  json.member("format", "decimal");
  if (!spec.scale) return json.member("pattern", R"(^-?[0-9]+(\.[0-9]+)?$)");
  const auto scale = static_cast<std::size_t>(*spec.scale);
  json.member("pattern",
              std::string_view(scale == 0 ? "^-?[0-9]+$" : fmt::format(R"(^-?[0-9]+(\.[0-9]{{1,{}}})?$)", scale)));
  json.key("multipleOf");
  json.raw(scale == 0 ? "1" : "0." + std::string(scale - 1, '0') + "1");
}

void write_scalar_schema(JsonWriter& json, const sql::ParameterSpec& spec, bool nullable) {
  if (spec.type == ParameterType::decimal) {
    write_decimal(json, spec, nullable);
  } else {
    write_form(json, form_of(spec.type), nullable);
  }
  write_choices(json, spec, nullable);
  write_limits(json, spec);
}

void write_column_schema(JsonWriter& json, const ColumnPlan& column) {
  json.begin_object();
  Form form = form_of(column.type);
  if (!column.form_is_sure) form.format = {};
  write_form(json, form, column.nullable);
  json.end_object();
}

void write_array(JsonWriter& json, const Endpoint& endpoint, const StatementPlan& plan) {
  json.begin_object();
  json.member("type", "array");
  json.key("items");
  write_row_schema(json, endpoint, plan);
  json.end_object();
}

void write_page_schema(JsonWriter& json, const Endpoint& endpoint, const StatementPlan& plan) {
  json.begin_object();
  json.member("type", "object");
  json.key("required");
  json.raw(R"(["items","total","page","page_size","total_pages","has_next","has_previous","links"])");
  json.key("properties");
  json.begin_object();
  json.key("items");
  write_array(json, endpoint, plan);
  for (const std::string_view name : {"total", "page", "page_size", "total_pages"}) {
    json.key(name);
    json.raw(R"({"type":"integer"})");
  }
  for (const std::string_view name : {"has_next", "has_previous"}) {
    json.key(name);
    json.raw(R"({"type":"boolean"})");
  }
  json.key("links");
  json.raw(R"({"type":"object","additionalProperties":{"type":"string"}})");
  json.end_object();
  json.end_object();
}

void write_or_null(JsonWriter& json, const Endpoint& endpoint, const StatementPlan& plan) {
  json.begin_object();
  json.key("anyOf");
  json.begin_array();
  write_row_schema(json, endpoint, plan);
  json.raw(R"({"type":"null"})");
  json.end_array();
  json.end_object();
}

void write_shape_schema(JsonWriter& json, const Endpoint& endpoint, const StatementPlan& plan, bool may_be_null) {
  switch (plan.shape) {
    case Shape::list:
    case Shape::rows:
      return write_array(json, endpoint, plan);
    case Shape::page:
      return write_page_schema(json, endpoint, plan);
    case Shape::value: {
      ColumnPlan column = plan.columns.front();
      column.nullable = true;
      return write_column_schema(json, column);
    }
    case Shape::object:
      return may_be_null ? write_or_null(json, endpoint, plan) : write_row_schema(json, endpoint, plan);
  }
}

}  // namespace

void write_parameter_schema(JsonWriter& json, const sql::ParameterSpec& spec, bool nullable) {
  json.begin_object();
  if (spec.list) {
    write_type(json, "array", nullable);
    json.member("maxItems", static_cast<std::int64_t>(spec.items_max));
    json.key("items");
    json.begin_object();
    write_scalar_schema(json, spec, false);
    json.end_object();
  } else {
    write_scalar_schema(json, spec, nullable);
  }
  write_default(json, spec);
  json.end_object();
}

void write_row_schema(JsonWriter& json, const Endpoint& endpoint, const StatementPlan& plan) {
  json.begin_object();
  json.member("type", "object");
  json.key("required");
  json.begin_array();
  for (const ColumnPlan& column : plan.columns) json.string(column.name);
  json.end_array();
  json.key("properties");
  json.begin_object();
  for (const ColumnPlan& column : plan.columns) {
    json.key(column.name);
    write_column_schema(json, column);
  }
  for (const ChildPlan& child : plan.children) {
    const StatementPlan& below = endpoint.statements[child.statement];
    json.key(child.key);
    if (child.single) {
      write_or_null(json, endpoint, below);
    } else {
      write_array(json, endpoint, below);
    }
  }
  json.end_object();
  json.end_object();
}

void write_answer_schema(JsonWriter& json, const Endpoint& endpoint) {
  if (!endpoint.keyed) return write_shape_schema(json, endpoint, *endpoint.answer(), false);
  json.begin_object();
  json.member("type", "object");
  json.key("required");
  json.begin_array();
  for (const StatementPlan& plan : endpoint.statements) {
    if (plan.answers && !plan.when) json.string(plan.name);
  }
  json.end_array();
  json.key("properties");
  json.begin_object();
  for (const StatementPlan& plan : endpoint.statements) {
    if (!plan.answers) continue;
    json.key(plan.name);
    write_shape_schema(json, endpoint, plan, true);
  }
  json.end_object();
  json.end_object();
}

}  // namespace freshet::api
