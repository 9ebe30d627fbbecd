#include "db/postgres/rows.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "db/postgres/oids.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {
namespace {

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/// "\x6162" → "ab".
void unpack(std::string_view hex, std::string& out) {
  out.clear();
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(nibble(hex[i]) * 16 + nibble(hex[i + 1])));
  }
}

}  // namespace

std::string_view canonical_timestamp(std::string_view text, bool zone, std::array<char, 40>& room) noexcept {
  constexpr std::size_t seconds_end = 19;  // of "2025-01-31 07:30:00"
  // Longer years, BC and infinity have no form in ISO 8601 that everybody reads.
  if (text.size() < seconds_end || text[4] != '-' || text[10] != ' ' || text[16] != ':') return text;
  std::string_view rest = text.substr(seconds_end);
  if (zone) {
    if (!rest.ends_with("+00")) return text;
    rest.remove_suffix(3);
  }
  if (!rest.empty() && (rest.front() != '.' || rest.size() > 7)) return text;
  char* out = std::copy_n(text.data(), seconds_end, room.data());
  room[10] = 'T';
  *out++ = '.';
  const std::string_view fraction = rest.empty() ? rest : rest.substr(1);
  const std::size_t digits = fraction.size() > 3 ? 6 : 3;
  out = std::copy(fraction.begin(), fraction.end(), out);
  out = std::fill_n(out, digits - fraction.size(), '0');
  if (zone) *out++ = 'Z';
  return {room.data(), out};
}

RowReader::Reading RowReader::reading_of(std::uint32_t type) noexcept {
  switch (type) {
    case oid::boolean:
      return Reading::boolean;
    case oid::int2:
    case oid::int4:
    case oid::int8:
    case oid::oid:
      return Reading::integer;
    case oid::float4:
    case oid::float8:
      return Reading::real;
    case oid::timestamp:
      return Reading::timestamp;
    case oid::timestamptz:
      return Reading::timestamptz;
    case oid::bytea:
      return Reading::bytes;
    default:
      return Reading::text;
  }
}

void RowReader::start(const pg_result* result) {
  const auto count = static_cast<std::size_t>(PQnfields(result));
  readings_.resize(count);
  cells_.resize(count);
  times_.resize(count);
  unpacked_.resize(count);
  for (std::size_t i = 0; i < count; ++i) readings_[i] = reading_of(PQftype(result, static_cast<int>(i)));
}

void RowReader::read_cell(std::size_t column, std::string_view text) {
  Cell& cell = cells_[column];
  cell.text = text;
  switch (readings_[column]) {
    case Reading::text:
      cell.type = Cell::Type::text;
      return;
    case Reading::integer:
      cell.type = Cell::Type::integer;
      std::from_chars(text.data(), text.data() + text.size(), cell.integer);
      return;
    case Reading::boolean:
      cell.type = Cell::Type::integer;
      cell.integer = text == "t" ? 1 : 0;
      cell.text = text == "t" ? "1" : "0";
      return;
    case Reading::real:
      cell.type = Cell::Type::real;
      std::from_chars(text.data(), text.data() + text.size(), cell.real);
      cell.text = {};  // JSON has neither NaN nor Infinity
      return;
    case Reading::timestamp:
    case Reading::timestamptz:
      cell.type = Cell::Type::text;
      cell.text = canonical_timestamp(text, readings_[column] == Reading::timestamptz, times_[column]);
      return;
    case Reading::bytes:
      cell.type = Cell::Type::blob;
      unpack(text, unpacked_[column]);
      cell.text = unpacked_[column];
      return;
  }
}

Row RowReader::read(const pg_result* result, int row) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const int column = static_cast<int>(i);
    const char* value = PQgetvalue(result, row, column);
    const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
    // An empty text and NULL both have no length.
    if (length == 0 && PQgetisnull(result, row, column) != 0) {
      cells_[i].type = Cell::Type::null;
    } else {
      read_cell(i, {value, length});
    }
  }
  return {cells_.data(), cells_.size()};
}

}  // namespace freshet::db::postgres
