#include "db/sqlite/errors.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "db/constraint_errors.hpp"

namespace freshet::db::sqlite {
namespace {

constexpr std::size_t sql_logged_max = 2'000;

std::string detail_of(sqlite3* handle, int code, std::string_view sql) {
  std::string detail = fmt::format("SQLite {}: {}", code, sqlite3_errstr(code));
  const std::string_view message = handle == nullptr ? "" : sqlite3_errmsg(handle);
  if (!message.empty() && message != sqlite3_errstr(code)) detail += fmt::format(": {}", message);
  const char* file = handle == nullptr ? nullptr : sqlite3_db_filename(handle, "main");
  if (file != nullptr) detail += fmt::format("; database {}", file);
  if (!sql.empty()) detail += fmt::format("; statement: {}", sql.substr(0, sql_logged_max));
  return detail;
}

/// What follows the first ": " of "UNIQUE constraint failed: t.a, t.b".
std::string_view after_colon(std::string_view message) {
  const std::size_t colon = message.find(": ");
  return colon == std::string_view::npos ? std::string_view() : message.substr(colon + 2);
}

/// "t.a, t.b" → a, b. Nothing for an index on expressions ("index 'name'").
std::vector<std::string> columns_named(std::string_view list) {
  std::vector<std::string> columns;
  if (list.starts_with("index '")) return columns;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(", "), list.size());
    const std::string_view item = list.substr(0, comma);
    columns.emplace_back(item.substr(item.rfind('.') + 1));
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  return columns;
}

bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c >= 0x80; });
}

/// A constraint without a name reports its SQL text, which is for the log only.
std::string_view name_or_nothing(std::string_view name) { return is_plain_name(name) ? name : std::string_view(); }

/// "cannot store TEXT value in INTEGER column t.c"
Error wrong_type_error(std::string_view message) {
  const std::size_t column_at = message.rfind(" column ");
  if (column_at == std::string_view::npos) return datatype_error({}, {});
  const std::size_t type_at = message.rfind(" in ", column_at);
  const std::string_view type =
      type_at == std::string_view::npos ? "other" : message.substr(type_at + 4, column_at - type_at - 4);
  return datatype_error(columns_named(message.substr(column_at + 8)).front(), type);
}

Error constraint_error(int code, std::string_view message) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return unique_error(columns_named(after_colon(message)));
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return foreign_key_error();
    case SQLITE_CONSTRAINT_CHECK:
      return check_error(name_or_nothing(after_colon(message)));
    case SQLITE_CONSTRAINT_NOTNULL:
      return not_null_error(columns_named(after_colon(message)));
    case SQLITE_CONSTRAINT_DATATYPE:
      return wrong_type_error(message);
    case SQLITE_CONSTRAINT_TRIGGER:   // RAISE(): the words of the app's author
    case SQLITE_CONSTRAINT_FUNCTION:  // one of Freshet's SQL functions refused its argument
      return Error(ErrorKind::unprocessable, std::string(message));
    default:
      return Error(ErrorKind::unprocessable, "the values break a rule of the database");
  }
}

Error interrupted_error(Interruption why) {
  switch (why) {
    case Interruption::timeout:
      return Error(ErrorKind::timeout, "the database took too long to answer")
          .hinting("ask for less, or try again later")
          .retry_after(1);
    case Interruption::closing:
      return Error(ErrorKind::unavailable, "the server is shutting down").retry_after(1);
    case Interruption::none:
    case Interruption::cancelled:
      break;
  }
  return Error(ErrorKind::cancelled, "the request was cancelled");
}

/// Faults of the file or the machine. `remedy` is for whoever reads the log.
struct Fault {
  ErrorKind kind;
  const char* message;
  const char* remedy;
  unsigned retry_after_s;
};

Fault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::unavailable, "the database is busy",
              "another process holds its lock for longer than database.busy_timeout", 1};
    case SQLITE_FULL:
      return {ErrorKind::unavailable, "the database has no room left",
              "free space on the disk (or raise max_page_count); reading goes on, and writing as soon as there is room",
              30};
    case SQLITE_READONLY:
      return {ErrorKind::unavailable, "the database cannot be written to",
              "the file, its folder or the file system is read-only, or the server runs with read_only = true", 30};
    case SQLITE_IOERR:
      return {ErrorKind::unavailable, "the database could not be read or written",
              "the disk reported an error: look at the system log, the mount and the quota", 5};
    case SQLITE_CANTOPEN:
      return {ErrorKind::unavailable, "the database could not be opened",
              "the file or its -wal/-shm companion is gone or may not be opened: look at permissions and open files",
              5};
    case SQLITE_PROTOCOL:
      return {ErrorKind::unavailable, "the database is busy", "locks on the -wal file are contended", 1};
    case SQLITE_NOMEM:
      return {ErrorKind::unavailable, "the server is out of memory", "memory is exhausted", 5};
    case SQLITE_CORRUPT:
      return {ErrorKind::internal, "the database is damaged",
              "stop the server, run `PRAGMA integrity_check`, and restore a backup or use `.recover`", 0};
    case SQLITE_NOTADB:
      return {ErrorKind::internal, "the database is damaged",
              "the file is no SQLite database any more: something replaced it; restore a backup", 0};
    case SQLITE_TOOBIG:
      return {ErrorKind::unprocessable, "a value is too long", "a text or blob beyond 1 GB", 0};
    case SQLITE_MISMATCH:
      return {ErrorKind::unprocessable, "a value has the wrong type", "an INTEGER PRIMARY KEY takes integers only", 0};
    default:
      return {ErrorKind::internal, "the database refused a statement", "see the statement", 0};
  }
}

}  // namespace

Error error_from(sqlite3* handle, int code, std::string_view sql, Interruption why) {
  const std::string_view message = handle == nullptr ? "" : sqlite3_errmsg(handle);
  std::string detail = detail_of(handle, code, sql);
  if ((code & 0xff) == SQLITE_CONSTRAINT) return constraint_error(code, message).detailing(std::move(detail));
  const bool stopped_while_busy = is_busy(code) && why != Interruption::none;
  if ((code & 0xff) == SQLITE_INTERRUPT || stopped_while_busy)
    return interrupted_error(why).detailing(std::move(detail));
  const Fault fault = fault_of(code);
  return Error(fault.kind, fault.message)
      .detailing(fmt::format("{}. {}", fault.remedy, detail))
      .retry_after(fault.retry_after_s);
}

bool is_fatal(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
      return true;
    default:
      return false;
  }
}

bool is_busy(int code) noexcept {
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

Error open_error(sqlite3* handle, int code, std::string_view path, bool read_only) {
  std::string detail = detail_of(handle, code, {});
  const auto config = [&](std::string message, std::string hint) {
    return Error(ErrorKind::config, std::move(message)).hinting(std::move(hint)).detailing(std::move(detail));
  };
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return config(fmt::format("{} is not a SQLite database", path),
                    "database.url must name a SQLite file (or one that does not exist yet)");
    case SQLITE_CORRUPT:
      return config(fmt::format("the database {} is damaged", path),
                    "run `sqlite3 FILE 'PRAGMA integrity_check'`, then restore a backup or use `.recover`");
    case SQLITE_CANTOPEN:
      return config(fmt::format("cannot open the database {}", path),
                    read_only ? "read_only needs a file that exists and may be read"
                              : "look at the permissions of the file and its folder");
    case SQLITE_READONLY:
      return config(fmt::format("the database {} cannot be written to", path),
                    "make the file and its folder writable, or set database.read_only = true");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorKind::unavailable, fmt::format("the database {} is locked by another process", path))
          .detailing(std::move(detail))
          .retry_after(1);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return config(fmt::format("cannot write to the database {}", path),
                    "look at free space, quota and mount options of its disk");
    default:
      return config(fmt::format("cannot open the database {}: {}", path, sqlite3_errstr(code)), "");
  }
}

}  // namespace freshet::db::sqlite
