#include "feed/sqlite/commit_watch.hpp"

#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "db/sqlite/errors.hpp"

namespace freshet::feed::sqlite {
namespace {

constexpr std::size_t words = std::tuple_size_v<CommitMark>;
constexpr int region_bytes = 32768;  // SQLite maps the WAL-index in regions of this size

db::sqlite::StatementHandle prepare(sqlite3* handle, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) throw db::sqlite::error_from(handle, code, sql, db::sqlite::Interruption::none);
  return db::sqlite::StatementHandle(statement);
}

bool is_wal(sqlite3* handle) {
  const db::sqlite::StatementHandle statement = prepare(handle, "PRAGMA journal_mode");
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return false;
  const unsigned char* text = sqlite3_column_text(statement.get(), 0);
  return text != nullptr && std::string_view(reinterpret_cast<const char*>(text)) == "wal";
}

std::uint64_t word(const std::uint64_t* at) noexcept { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }

/// Lets a connection that does not wait for locks wait, for as long as this lives.
class Patience {
 public:
  Patience(sqlite3* handle, std::chrono::milliseconds most) : handle_(handle) {
    sqlite3_busy_timeout(handle_, static_cast<int>(most.count()));
  }
  ~Patience() { sqlite3_busy_timeout(handle_, 0); }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  sqlite3* handle_;
};

}  // namespace

CommitWatch::CommitWatch(db::sqlite::OpenOptions options)
    : path_(options.path), busy_timeout_(options.busy_timeout), file_(db::sqlite::FileIdentity::of(path_)) {
  options.role = db::sqlite::Role::reader;
  handle_ = db::sqlite::open(options);
  data_version_ = prepare(handle_.get(), "PRAGMA data_version");
  any_read_ = prepare(handle_.get(), "SELECT 1 FROM sqlite_schema LIMIT 1");
  repair();  // the first read maps the shared memory
  find_header();
}

void CommitWatch::find_header() {
  if (!is_wal(handle_.get())) return;
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return;
  if (file == nullptr || file->pMethods == nullptr) return;
  if (file->pMethods->iVersion < 2 || file->pMethods->xShmMap == nullptr) return;
  volatile void* region = nullptr;
  const int code = file->pMethods->xShmMap(file, 0, region_bytes, 0, &region);
  // Shared memory that may only be read serves as well. Any other answer may be memory that is not shared.
  if (code != SQLITE_OK && code != SQLITE_READONLY) return;
  header_ = static_cast<const std::uint64_t*>(const_cast<const void*>(region));
}

std::optional<CommitMark> CommitWatch::look() const noexcept {
  if (header_ == nullptr) {
    const std::lock_guard lock(mutex_);
    const Patience patience(handle_.get(), busy_timeout_);
    return data_version();
  }
  // The order of SQLite's own readers: the first copy is the one that is written last.
  CommitMark first;
  for (std::size_t i = 0; i < words; ++i) first[i] = word(header_ + i);
  for (std::size_t i = 0; i < words; ++i) {
    if (word(header_ + words + i) != first[i]) return std::nullopt;
  }
  return first;
}

bool CommitWatch::same(const CommitMark& mark) const noexcept {
  if (header_ == nullptr) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock.owns_lock() && data_version() == mark;
  }
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < words; ++i) {
    difference |= (word(header_ + i) ^ mark[i]) | (word(header_ + words + i) ^ mark[i]);
  }
  return difference == 0;
}

std::optional<CommitMark> CommitWatch::data_version() const noexcept {
  std::optional<CommitMark> mark;
  if (sqlite3_step(data_version_.get()) == SQLITE_ROW) {
    mark = CommitMark{static_cast<std::uint64_t>(sqlite3_column_int64(data_version_.get(), 0))};
  }
  if (sqlite3_reset(data_version_.get()) != SQLITE_OK) return std::nullopt;
  return mark;
}

void CommitWatch::repair() const noexcept {
  const std::lock_guard lock(mutex_);
  const Patience patience(handle_.get(), busy_timeout_);
  sqlite3_step(any_read_.get());
  sqlite3_reset(any_read_.get());
}

}  // namespace freshet::feed::sqlite
