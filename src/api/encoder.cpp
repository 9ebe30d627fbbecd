#include "api/encoder.hpp"

#include "core/json_writer.hpp"
#include "sql/json_text.hpp"

namespace freshet::api {
namespace {

using sql::ColumnType;

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(Bytes& out, std::string_view bytes) {
  char* at = out.prepare(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *at++ = hex_digits[byte >> 4];
    *at++ = hex_digits[byte & 15];
  }
  out.commit(bytes.size() * 2);
}

// CSV needs quotes where the text has a separator, a quote or a line break (RFC 4180, 2.6).
void append_csv_text(Bytes& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace

void RowEncoder::append_text_cell(Bytes& out, std::string_view text, const ColumnPlan& column) {
  if (column.type == ColumnType::json) {
    if (column.json_made_by_database || json_.valid(text)) {
      out.append(text);
      return;
    }
  } else if (column.type == ColumnType::decimal && sql::is_json_number(text)) {
    out.append(text);
    return;
  }
  append_json_string(out, text);
}

void RowEncoder::append_csv_cell(Bytes& out, const Cell& cell, const ColumnPlan& column) {
  switch (cell.type) {
    case Cell::Type::null:
      return;
    case Cell::Type::text:
      append_csv_text(out, cell.text);
      return;
    case Cell::Type::blob:
      out.append("\\x");
      append_hex(out, cell.text);
      return;
    case Cell::Type::integer:
    case Cell::Type::real:
      append_cell(out, cell, column);
      return;
  }
}

void RowEncoder::append_cell(Bytes& out, const Cell& cell, const ColumnPlan& column) {
  switch (cell.type) {
    case Cell::Type::null:
      out.append("null");
      return;
    case Cell::Type::integer:
      if (column.type == ColumnType::boolean) {
        out.append(cell.integer != 0 ? "true" : "false");
      } else if (!cell.text.empty()) {
        out.append(cell.text);
      } else {
        append_json_integer(out, cell.integer);
      }
      return;
    case Cell::Type::real:
      append_json_double(out, cell.real);
      return;
    case Cell::Type::text:
      append_text_cell(out, cell.text, column);
      return;
    case Cell::Type::blob:
      out.append("\"\\\\x");
      append_hex(out, cell.text);
      out.push_back('"');
      return;
  }
}

void RowEncoder::append_value(Bytes& out, Row row) { append_cell(out, row.front(), columns_.front()); }

void RowEncoder::append_open_object(Bytes& out, Row row) {
  char separator = '{';
  for (std::size_t i = 0; i < row.size(); ++i) {
    out.push_back(separator);
    out.append(columns_[i].prefix);
    append_cell(out, row[i], columns_[i]);
    separator = ',';
  }
  if (row.empty()) out.push_back('{');
}

void RowEncoder::append_object(Bytes& out, Row row) {
  append_open_object(out, row);
  out.push_back('}');
}

void RowEncoder::append_csv_row(Bytes& out, Row row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != 0) out.push_back(',');
    append_csv_cell(out, row[i], columns_[i]);
  }
  out.append("\r\n");
}

void RowEncoder::append_csv_header(Bytes& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) out.push_back(',');
    append_csv_text(out, columns_[i].name);
  }
  out.append("\r\n");
}

}  // namespace freshet::api
