#include "db/copy_rows.hpp"

#include <charconv>

#include <fmt/format.h>

#include "core/error.hpp"
#include "db/insert_statement.hpp"

namespace freshet::db {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\0':
        throw Error(ErrorKind::unprocessable, "a text must not hold a NUL character");
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
}

void append_bytes(std::string& out, std::string_view bytes) {
  out += "\\\\x";
  for (const char c : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
}

void append_cell(std::string& out, const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      out += "\\N";
      return;
    case Cell::Type::integer:
      out += std::to_string(cell.integer);
      return;
    case Cell::Type::real:
      fmt::format_to(std::back_inserter(out), "{}", cell.real);  // the shortest that reads back the same
      return;
    case Cell::Type::text:
      append_escaped(out, cell.text);
      return;
    case Cell::Type::blob:
      append_bytes(out, cell.text);
      return;
  }
}

}  // namespace

void append_copy_row(std::string& out, Row row) {
  const std::size_t begin = out.size();
  try {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += '\t';
      append_cell(out, row[i]);
    }
  } catch (...) {
    out.resize(begin);
    throw;
  }
  out += '\n';
}

std::string copy_statement(std::string_view table, std::span<const std::string> columns) {
  return fmt::format("COPY {} ({}) FROM STDIN", quoted_name(table), quoted_names(columns));
}

}  // namespace freshet::db
