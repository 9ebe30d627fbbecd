#pragma once
// From a driver's row to JSON bytes, by the column's type. No tree in between.

#include <cstdint>
#include <span>
#include <string_view>

#include "api/body.hpp"
#include "api/endpoint.hpp"
#include "core/bytes.hpp"
#include "core/json_check.hpp"
#include "core/value.hpp"

namespace freshet::api {

/// Encodes the rows of one statement, one after another. `columns` outlives it. Not thread-safe.
class RowEncoder {
 public:
  explicit RowEncoder(std::span<const ColumnPlan> columns) : columns_(columns) {}

  /// Appends the row's first cell as JSON: booleans as true/false, decimals as the number's exact digits, json embedded
  /// (checked unless the database made it; what is no JSON becomes a string), blobs as "\\x…" hex.
  void append_value(Bytes& out, Row row);

  /// Appends `{"a":1,"b":2}`, cells as above.
  void append_object(Bytes& out, Row row);
  /// Without the closing brace, so that embedded children can follow.
  void append_open_object(Bytes& out, Row row);

  /// Appends one line of CSV (RFC 4180, CRLF), fields as text; null is empty, booleans true/false.
  void append_csv_row(Bytes& out, Row row);
  void append_csv_header(Bytes& out) const;

 private:
  void append_cell(Bytes& out, const Cell& cell, const ColumnPlan& column);
  void append_text_cell(Bytes& out, std::string_view text, const ColumnPlan& column);
  void append_csv_cell(Bytes& out, const Cell& cell, const ColumnPlan& column);

  std::span<const ColumnPlan> columns_;
  JsonCheck json_{json_depth_max};
};

}  // namespace freshet::api
