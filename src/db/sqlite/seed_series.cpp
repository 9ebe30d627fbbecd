#include "db/sqlite/seed_series.hpp"

#include <cstdint>
#include <memory>

#include <sqlite3.h>

namespace freshet::db::sqlite {

namespace {

constexpr int column_i = 0, column_first = 1, column_last = 2;

struct Table : sqlite3_vtab {};

struct Cursor : sqlite3_vtab_cursor {
  std::int64_t first = 1, last = 0, now = 1;
  bool at_end = true;
};

Cursor& cursor_of(sqlite3_vtab_cursor* base) { return *static_cast<Cursor*>(base); }

int connect(sqlite3* handle, void*, int, const char* const*, sqlite3_vtab** out, char**) {
  const int code = sqlite3_declare_vtab(handle, "CREATE TABLE x(i INTEGER, first HIDDEN, last HIDDEN)");
  if (code != SQLITE_OK) return code;
  sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
  *out = std::make_unique<Table>().release();
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  std::unique_ptr<Table>(static_cast<Table*>(table)).reset();
  return SQLITE_OK;
}

int open_cursor(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  *out = std::make_unique<Cursor>().release();
  return SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* base) {
  std::unique_ptr<Cursor>(static_cast<Cursor*>(base)).reset();
  return SQLITE_OK;
}

/// Both bounds are needed. Where one depends on a table that comes later, that order of joining is refused.
int best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  int bound[2] = {-1, -1};
  bool unusable = false;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < column_first || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    unusable = unusable || constraint.usable == 0;
    if (constraint.usable != 0) bound[constraint.iColumn - column_first] = i;
  }
  if (unusable) return SQLITE_CONSTRAINT;
  if (bound[0] < 0 || bound[1] < 0) {
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("seed_series needs two arguments: seed_series(first, last)");
    return SQLITE_ERROR;
  }
  for (int i = 0; i < 2; ++i) {
    info->aConstraintUsage[bound[i]].argvIndex = i + 1;
    info->aConstraintUsage[bound[i]].omit = 1;
  }
  info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn == column_i && info->aOrderBy[0].desc == 0;
  // Long enough that the planner drives joins from it instead of repeating it.
  info->estimatedCost = 100'000;
  info->estimatedRows = 100'000;
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int, const char*, int, sqlite3_value** bounds) {
  Cursor& cursor = cursor_of(base);
  const bool known = sqlite3_value_type(bounds[0]) != SQLITE_NULL && sqlite3_value_type(bounds[1]) != SQLITE_NULL;
  cursor.first = cursor.now = sqlite3_value_int64(bounds[0]);
  cursor.last = sqlite3_value_int64(bounds[1]);
  cursor.at_end = !known || cursor.first > cursor.last;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* base) {
  Cursor& cursor = cursor_of(base);
  cursor.at_end = cursor.now == cursor.last;
  if (!cursor.at_end) ++cursor.now;
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* base) { return cursor_of(base).at_end ? 1 : 0; }

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int index) {
  const Cursor& cursor = cursor_of(base);
  sqlite3_result_int64(context, index == column_i ? cursor.now : index == column_last ? cursor.last : cursor.first);
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* out) {
  *out = cursor_of(base).now;
  return SQLITE_OK;
}

constexpr sqlite3_module make_module() {
  sqlite3_module module{};  // no xCreate: the table exists by its name alone
  module.xConnect = connect;
  module.xBestIndex = best_index;
  module.xDisconnect = disconnect;
  module.xOpen = open_cursor;
  module.xClose = close_cursor;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = at_end;
  module.xColumn = column;
  module.xRowid = row_id;
  return module;
}
constexpr sqlite3_module series_module = make_module();

}  // namespace

void register_seed_series(sqlite3* handle) {
  sqlite3_create_module_v2(handle, "seed_series", &series_module, nullptr, nullptr);
}

}  // namespace freshet::db::sqlite
