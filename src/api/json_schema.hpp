#pragma once
// JSON Schema (2020-12, as OpenAPI 3.1 uses it) of parameters, result rows and the shapes around them.

#include "api/endpoint.hpp"
#include "core/json_writer.hpp"
#include "sql/parameter.hpp"

namespace freshet::api {

/// `nullable`: null is a value too (optional members of a body).
void write_parameter_schema(JsonWriter& json, const sql::ParameterSpec& spec, bool nullable);

/// A whole answer: the one statement's shape, or the object of all named ones.
void write_answer_schema(JsonWriter& json, const Endpoint& endpoint);
/// One row, with what is embedded in it.
void write_row_schema(JsonWriter& json, const Endpoint& endpoint, const StatementPlan& plan);

}  // namespace freshet::api
