#pragma once
// From a driver's row to JSON bytes, by the column's type. No tree in between.

#include <cstdint>
#include <span>
#include <string_view>

#include "api/endpoint.hpp"
#include "core/bytes.hpp"
#include "core/value.hpp"

namespace freshet::api {

/// Appends one cell as JSON: booleans as true/false, decimals as the number's exact digits, json embedded (checked
/// unless the database made it; what is no JSON becomes a string), blobs as "\x…" hex.
void append_cell(Bytes& out, const Cell& cell, const ColumnPlan& column);

/// Appends `{"a":1,"b":2` — without the closing brace, so that embedded children can follow.
void append_open_object(Bytes& out, Row row, std::span<const ColumnPlan> columns);

/// Appends `{"a":1,"b":2}`.
void append_object(Bytes& out, Row row, std::span<const ColumnPlan> columns);

/// Appends one line of CSV (RFC 4180, CRLF), fields as text; null is empty, booleans true/false.
void append_csv_row(Bytes& out, Row row, std::span<const ColumnPlan> columns);
void append_csv_header(Bytes& out, std::span<const ColumnPlan> columns);

/// True for text that is a JSON number as it stands.
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

}  // namespace freshet::api
