#include "db/sqlite/binder.hpp"

#include <sqlite3.h>

#include "core/json_writer.hpp"
#include "db/sqlite/errors.hpp"

namespace freshet::db::sqlite {
namespace {

struct AppendItem {
  JsonWriter& json;
  void operator()(Null) const { json.null(); }
  void operator()(bool flag) const { json.integer(flag ? 1 : 0); }
  void operator()(std::int64_t number) const { json.integer(number); }
  void operator()(double number) const { json.real(number); }
  void operator()(const std::string& text) const {
    if (text.find('\0') != std::string::npos) {
      throw Error(ErrorKind::unprocessable, "a text in a list must not hold a NUL character");
    }
    json.string(text);
  }
  void operator()(const Blob& blob) const { (*this)(blob.bytes); }
};

/// An empty view may have no address, which SQLite would take for NULL.
const char* address_of(std::string_view view) { return view.data() == nullptr ? "" : view.data(); }

}  // namespace

void append_json_list(Bytes& out, std::span<const Value> values) {
  JsonWriter json(out);
  json.begin_array();
  for (const Value& value : values) std::visit(AppendItem{json}, value);
  json.end_array();
}

void SqliteBinder::start(sqlite3* handle, sqlite3_stmt* statement) noexcept {
  handle_ = handle;
  statement_ = statement;
  lists_used_ = 0;
}

void SqliteBinder::check(int code) const {
  if (code != SQLITE_OK) throw error_from(handle_, code, "(binding)", Interruption::none);
}

void SqliteBinder::null(int position) { check(sqlite3_bind_null(statement_, position)); }
void SqliteBinder::integer(int position, std::int64_t value) { check(sqlite3_bind_int64(statement_, position, value)); }
void SqliteBinder::real(int position, double value) { check(sqlite3_bind_double(statement_, position, value)); }

void SqliteBinder::text(int position, std::string_view value) {
  check(sqlite3_bind_text64(statement_, position, address_of(value), value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteBinder::blob(int position, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_, position, address_of(bytes), bytes.size(), SQLITE_STATIC));
}

void SqliteBinder::list(int position, std::span<const Value> values) {
  if (lists_used_ == lists_.size()) lists_.emplace_back();
  Bytes& json = lists_[lists_used_++];
  json.clear();
  append_json_list(json, values);
  text(position, json.view());
}

}  // namespace freshet::db::sqlite
