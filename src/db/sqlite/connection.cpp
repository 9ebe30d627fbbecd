#include "db/sqlite/connection.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "db/sqlite/catalog.hpp"
#include "db/sqlite/describe.hpp"

namespace freshet::db::sqlite {
namespace {

constexpr int steps_between_looks = 20'000;  // of SQLite's virtual machine: well under a millisecond

inline void read_cell(sqlite3_stmt* statement, int index, Cell& cell) {
  // One look at the column; the value functions then skip the checks that sqlite3_column_*() repeat each time.
  sqlite3_value* value = sqlite3_column_value(statement, index);
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      cell.type = Cell::Type::integer;
      cell.integer = sqlite3_value_int64(value);
      cell.text = {};
      return;
    case SQLITE_FLOAT:
      cell.type = Cell::Type::real;
      cell.real = sqlite3_value_double(value);
      cell.text = {};
      return;
    case SQLITE_TEXT: {
      cell.type = Cell::Type::text;
      const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
      cell.text = {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
      return;
    }
    case SQLITE_BLOB: {
      cell.type = Cell::Type::blob;
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      cell.text = size == 0 ? std::string_view("") : std::string_view(bytes, size);
      return;
    }
    default:
      cell.type = Cell::Type::null;
      return;
  }
}

}  // namespace

/// A statement while it runs: reset, and free of borrowed views, whatever happens.
class SqliteConnection::Execution {
 public:
  explicit Execution(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  ~Execution() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

 private:
  sqlite3_stmt* statement_;
};

SqliteConnection::SqliteConnection(const ConnectionOptions& options)
    : may_write_(options.role == Role::writer && !options.read_only),
      busy_timeout_(options.busy_timeout),
      handle_(open(options)),
      cache_(options.statement_cache) {
  sqlite3_busy_handler(
      handle_.get(),
      [](void* self, int attempt) { return static_cast<SqliteConnection*>(self)->wait_for_lock(attempt) ? 1 : 0; },
      this);
  // sqlite3_interrupt() is lost if it comes right before a statement's first step; this is not.
  sqlite3_progress_handler(
      handle_.get(), steps_between_looks,
      [](void* self) { return static_cast<SqliteConnection*>(self)->is_stopped() ? 1 : 0; }, this);
}

SqliteConnection::~SqliteConnection() {
  rollback();
  if (may_write_ && !broken_) optimize();
}

bool SqliteConnection::wait_for_lock(int attempt) noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (attempt == 0) busy_since_ = now;
  if (is_stopped() || now - busy_since_ >= busy_timeout_) return false;
  // Short at first, for the usual writer that is done in a moment; then long enough not to burn the processor.
  constexpr std::chrono::milliseconds pause_max{20};
  std::this_thread::sleep_for(
      std::min<std::chrono::microseconds>(std::chrono::microseconds(250) * (attempt + 1), pause_max));
  return true;
}

bool SqliteConnection::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_.get()) == 0; }

void SqliteConnection::fail(int code, std::string_view sql) {
  broken_ = broken_ || is_fatal(code);
  was_busy_ = is_busy(code);
  throw error_from(handle_.get(), code, sql, stopped_.exchange(Interruption::none, std::memory_order_relaxed));
}

void SqliteConnection::heed_stop() {
  const Interruption why = stopped_.exchange(Interruption::none, std::memory_order_relaxed);
  if (why != Interruption::none) throw error_from(handle_.get(), SQLITE_INTERRUPT, "(not begun)", why);
}

void SqliteConnection::execute(std::string_view script) {
  std::size_t offset = blank_prefix(script);
  while (offset < script.size()) {
    offset = execute_one(script, offset);
    offset += blank_prefix(script.substr(offset));
  }
}

std::size_t SqliteConnection::execute_one(std::string_view script, std::size_t offset) {
  heed_stop();
  const std::string_view rest = script.substr(offset);
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  int code = sqlite3_prepare_v3(handle_.get(), rest.data(), static_cast<int>(rest.size()), 0, &raw, &tail);
  const StatementHandle statement(raw);
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) continue;
  }
  if (code == SQLITE_DONE) return offset + static_cast<std::size_t>(tail - rest.data());
  if ((code & 0xff) == SQLITE_ERROR) {  // what its author wrote is wrong, and only they read this
    const int inside = sqlite3_error_offset(handle_.get());
    std::string message = sqlite3_errmsg(handle_.get());
    std::string hint = hint_for(message, rest, read_catalog(handle_.get()), {});
    throw error_at("", script, offset + static_cast<std::size_t>(std::max(inside, 0)), std::move(message))
        .hinting(std::move(hint));
  }
  const PlaceInText place = place_in_text(script, offset);
  try {
    fail(code, rest);
  } catch (Error& failure) {
    throw std::move(failure.at({.file = "", .line = place.line, .column = place.column}))
        .with_source_line(std::string(place.line_text));
  }
}

Statement SqliteConnection::describe(std::string_view sql, std::size_t* offset_out) {
  return sqlite::describe(handle_.get(), sql, offset_out);
}

void SqliteConnection::check_columns(const Statement& statement, int count) const {
  // SQLite prepares a statement anew when the schema has changed: `SELECT *` may then have other columns than those
  // that the statement was verified with, and whoever reads the rows counts on these.
  if (statement.columns.size() == static_cast<std::size_t>(count)) return;
  throw Error(ErrorKind::unavailable, "the database has changed; the endpoints are being loaded again")
      .detailing(fmt::format("{} columns instead of {}: {}", count, statement.columns.size(), statement.sql))
      .retry_after(1);
}

int SqliteConnection::deliver(sqlite3_stmt* statement, const Step& step, int code) {
  if (step.sink == nullptr) {
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    return code;
  }
  const int count = sqlite3_column_count(statement);
  check_columns(*step.statement, count);
  cells_.resize(static_cast<std::size_t>(count));
  const Row row(cells_.data(), cells_.size());
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    for (int i = 0; i < count; ++i) read_cell(statement, i, cells_[static_cast<std::size_t>(i)]);
    if (!step.sink->row(row)) return SQLITE_DONE;
  }
  return code;
}

sqlite3_stmt* SqliteConnection::prepared(const Statement& statement, StatementHandle& once) {
  try {
    if (statement.id != 0) return cache_.get(handle_.get(), statement.id, statement.sql);
    once = prepare(handle_.get(), statement.sql, false);
    return once.get();
  } catch (const Error&) {
    const int code = sqlite3_extended_errcode(handle_.get());
    broken_ = broken_ || is_fatal(code);
    was_busy_ = is_busy(code);
    throw;
  }
}

std::int64_t SqliteConnection::run(const Step& step) {
  heed_stop();
  const Statement& text = *step.statement;
  StatementHandle once;
  sqlite3_stmt* statement = prepared(text, once);
  const Execution execution(statement);
  if (step.bind) {
    binder_.start(handle_.get(), statement);
    step.bind(binder_);
  }
  const sqlite3_int64 before = text.read_only ? 0 : sqlite3_total_changes64(handle_.get());
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) code = deliver(statement, step, code);
  if (code != SQLITE_DONE) fail(code, text.sql);
  if (text.read_only || sqlite3_total_changes64(handle_.get()) == before) return 0;
  return sqlite3_changes64(handle_.get());
}

void SqliteConnection::control(StatementHandle& statement, std::string_view sql) {
  if (!statement) statement = prepare(handle_.get(), sql, true);
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_DONE) {
    sqlite3_reset(statement.get());
    fail(code, sql);
  }
  sqlite3_reset(statement.get());
}

void SqliteConnection::begin(Mode mode) {
  if (mode == Mode::read) {
    control(begin_read_, "BEGIN");
  } else {
    control(begin_write_, "BEGIN IMMEDIATE");
  }
}

void SqliteConnection::commit() { control(commit_, "COMMIT"); }

void SqliteConnection::rollback() noexcept {
  if (!in_transaction()) return;
  try {
    control(rollback_, "ROLLBACK");
  } catch (const Error&) {
    broken_ = true;  // nothing is known about its state any more
  }
}

void SqliteConnection::stop(Interruption why) noexcept {
  stopped_.store(why, std::memory_order_relaxed);
  sqlite3_interrupt(handle_.get());
}

void SqliteConnection::forget_stop(Interruption why) noexcept {
  stopped_.compare_exchange_strong(why, Interruption::none, std::memory_order_relaxed);
}

void SqliteConnection::optimize() noexcept {
  sqlite3_exec(handle_.get(), "PRAGMA optimize", nullptr, nullptr, nullptr);
}

Catalog SqliteConnection::catalog() { return read_catalog(handle_.get()); }

}  // namespace freshet::db::sqlite
