#include "db/sqlite/open.hpp"

#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "db/sqlite/errors.hpp"
#include "db/sqlite/functions.hpp"

namespace freshet::db::sqlite {

void CloseDatabase::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
void FinalizeStatement::operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }

void configure_library() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    // The memory statistics of SQLite sit behind one mutex that every allocation of every thread takes.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
  });
}

namespace {

constexpr int attempts_max = 50;
constexpr std::chrono::milliseconds attempt_pause{20};

void make_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw Error(ErrorKind::config, fmt::format("cannot create the folder {}: {}", folder.string(), failed.message()))
        .hinting("database.url names a file in a folder that cannot be made");
  }
}

/// A path as part of a `file:` URI.
std::string uri_path(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("/-_.~").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

DatabaseHandle open_file(const std::string& name, int flags, int& code) {
  sqlite3* raw = nullptr;
  code = sqlite3_open_v2(name.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  return DatabaseHandle(raw);
}

int execute(sqlite3* handle, const std::string& sql) {
  return sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
}

/// The first access that reads the file: opening alone reads nothing.
int look(sqlite3* handle) { return execute(handle, "SELECT count(*) FROM sqlite_schema"); }

/// The schema stays trusted: without it SQLite 3.40 refuses the json functions in CHECK constraints, and none of the
/// functions that we add has an effect or reads anything but its arguments.
void harden(sqlite3* handle) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
}

void tune(sqlite3* handle, const OpenOptions& options) {
  execute(handle, fmt::format("PRAGMA cache_size = -{}; PRAGMA mmap_size = {}; PRAGMA temp_store = MEMORY; "
                              "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = FAST; PRAGMA analysis_limit = 400",
                              options.cache_kib, options.mmap_bytes));
}

/// Switching to WAL needs the file for itself for a moment, and does not wait on the busy handler: others that open the
/// same new file at the same time are let through.
int use_write_ahead_log(sqlite3* handle) {
  int code = SQLITE_OK;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    code = execute(handle, "PRAGMA journal_mode = WAL");
    if (!is_busy(code)) return code;
    std::this_thread::sleep_for(attempt_pause);
  }
  return code;
}

/// Read-only: plainly first, so that a live -wal file is seen. A WAL database in a folder where no -shm file may be
/// made can be read as immutable only, which is right as long as there is no -wal file with something in it.
DatabaseHandle open_read_only(const OpenOptions& options, int& code) {
  DatabaseHandle handle = open_file(options.path, SQLITE_OPEN_READONLY, code);
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(handle.get(), static_cast<int>(options.busy_timeout.count()));
    code = look(handle.get());
  }
  const int primary = code & 0xff;
  if (primary != SQLITE_CANTOPEN && primary != SQLITE_READONLY) return handle;
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) return handle;
  const auto log_size = std::filesystem::file_size(options.path + "-wal", ignored);
  if (!ignored && log_size != 0) return handle;
  int second_code = SQLITE_OK;
  DatabaseHandle immutable =
      open_file(fmt::format("file:{}?mode=ro&immutable=1", uri_path(std::filesystem::absolute(options.path).string())),
                SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, second_code);
  if (second_code == SQLITE_OK) second_code = look(immutable.get());
  if (second_code != SQLITE_OK) return handle;
  code = second_code;
  return immutable;
}

DatabaseHandle open_read_write(const OpenOptions& options, int& code) {
  const bool in_memory = options.path == ":memory:";
  // An absolute path never looks like a URI or a special name.
  const std::string name = in_memory ? options.path : std::filesystem::absolute(options.path).string();
  if (!in_memory) make_folder(name);
  DatabaseHandle handle = open_file(name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, code);
  if (code != SQLITE_OK) return handle;
  sqlite3_busy_timeout(handle.get(), static_cast<int>(options.busy_timeout.count()));
  code = look(handle.get());
  if (code == SQLITE_OK && !in_memory) {
    code = sqlite3_db_readonly(handle.get(), "main") == 1 ? SQLITE_READONLY : use_write_ahead_log(handle.get());
  }
  return handle;
}

}  // namespace

DatabaseHandle open(const OpenOptions& options) {
  configure_library();
  std::error_code ignored;
  if (std::filesystem::is_directory(options.path, ignored)) {
    throw Error(ErrorKind::config, fmt::format("{} is a folder", options.path))
        .hinting("database.url names the file of the database");
  }
  int code = SQLITE_OK;
  DatabaseHandle handle = options.read_only ? open_read_only(options, code) : open_read_write(options, code);
  if (code != SQLITE_OK) throw open_error(handle.get(), code, options.path, options.read_only);
  harden(handle.get());
  tune(handle.get(), options);
  register_functions(handle.get());
  if (options.role == Role::reader || options.read_only) execute(handle.get(), "PRAGMA query_only = ON");
  return handle;
}

}  // namespace freshet::db::sqlite
