#include "feed/sqlite/query.hpp"

#include <sqlite3.h>

#include "db/sqlite/errors.hpp"

namespace freshet::feed::sqlite {
namespace {

[[noreturn]] void fail(sqlite3* handle, int code, std::string_view sql) {
  throw db::sqlite::error_from(handle, code, sql, db::sqlite::Interruption::none);
}

}  // namespace

Query::Query(sqlite3* handle, std::string_view sql) : handle_(handle) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) fail(handle, code, sql);
  statement_.reset(statement);
}

Query& Query::bind(int position, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), position, value);
  return *this;
}

Query& Query::bind(int position, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), position, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

bool Query::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  reset();
  if (code != SQLITE_DONE) fail(handle_, code, sqlite3_sql(statement_.get()));
  return false;
}

void Query::reset() noexcept { sqlite3_reset(statement_.get()); }

std::int64_t Query::integer(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }

std::string Query::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

bool Query::is_null(int column) const noexcept { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

Cell Query::cell(int column) const noexcept {
  sqlite3_stmt* statement = statement_.get();
  const auto bytes = [&](const void* data) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
  };
  Cell cell;
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      cell.type = Cell::Type::integer;
      cell.integer = sqlite3_column_int64(statement, column);
      break;
    case SQLITE_FLOAT:
      cell.type = Cell::Type::real;
      cell.real = sqlite3_column_double(statement, column);
      break;
    case SQLITE_TEXT:
      cell.type = Cell::Type::text;
      cell.text = bytes(sqlite3_column_text(statement, column));
      break;
    case SQLITE_BLOB:
      cell.type = Cell::Type::blob;
      cell.text = bytes(sqlite3_column_blob(statement, column));
      break;
    default:
      break;
  }
  return cell;
}

void execute(sqlite3* handle, const char* sql) {
  const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle, code, sql);
}

ReadTransaction::ReadTransaction(sqlite3* handle) : handle_(handle) { execute(handle, "BEGIN"); }
ReadTransaction::~ReadTransaction() { sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr); }

}  // namespace freshet::feed::sqlite
