#pragma once
// One SQLite connection. Not thread-safe, except interrupt() and stop().

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "db/sqlite/binder.hpp"
#include "db/sqlite/errors.hpp"
#include "db/sqlite/open.hpp"
#include "db/sqlite/statement_cache.hpp"

namespace freshet::db::sqlite {

struct ConnectionOptions : OpenOptions {
  std::size_t statement_cache = 256;
};

class SqliteConnection final : public Connection {
 public:
  /// As open(): throws config for what cannot be opened.
  explicit SqliteConnection(const ConnectionOptions& options);
  /// Rolls back what is open; a writer leaves its statistics behind for the next one (PRAGMA optimize).
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::sqlite; }
  void execute(std::string_view script) override;
  [[nodiscard]] Statement describe(std::string_view sql, std::size_t* offset_out) override;
  /// A statement with an id stays prepared; without one (0) it is prepared for this run only.
  std::int64_t run(const Step& step) override;
  void begin(Mode mode) override;
  void commit() override;
  void rollback() noexcept override;
  void interrupt() noexcept override { stop(Interruption::cancelled); }
  [[nodiscard]] Catalog catalog() override;

  /// interrupt(), with the reason that the error will give. Ends the statement that runs or, if none does, the next
  /// one.
  void stop(Interruption why) noexcept;
  /// Takes back a stop that came too late to end anything: any, or one for a given reason.
  void forget_stop() noexcept { stopped_.store(Interruption::none, std::memory_order_relaxed); }
  void forget_stop(Interruption why) noexcept;
  /// Refreshes the planner's statistics where they are missing or stale; cheap if they are not.
  void optimize() noexcept;
  /// True after an error that leaves the connection in doubt: close it and open another.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  /// True after the last call failed because somebody else holds a lock.
  [[nodiscard]] bool was_busy() const noexcept { return was_busy_; }
  [[nodiscard]] bool in_transaction() const noexcept;

 private:
  class Execution;

  [[nodiscard]] bool is_stopped() const noexcept {
    return stopped_.load(std::memory_order_relaxed) != Interruption::none;
  }
  /// Throws if stop() has been called and nothing has ended by it.
  void heed_stop();
  [[noreturn]] void fail(int code, std::string_view sql);
  void control(StatementHandle& statement, std::string_view sql);
  void check_columns(const Statement& statement, int count) const;
  int deliver(sqlite3_stmt* statement, const Step& step, int code);
  std::size_t execute_one(std::string_view script, std::size_t offset);
  sqlite3_stmt* prepared(const Statement& statement, StatementHandle& once);
  /// SQLite's busy handler, which also hears of stop(): the library's own would sleep on.
  bool wait_for_lock(int attempt) noexcept;

  const bool may_write_;
  const std::chrono::milliseconds busy_timeout_;
  std::chrono::steady_clock::time_point busy_since_;
  DatabaseHandle handle_;
  StatementCache cache_;
  StatementHandle begin_read_, begin_write_, commit_, rollback_;
  SqliteBinder binder_;
  std::vector<Cell> cells_;
  std::atomic<Interruption> stopped_{Interruption::none};
  bool broken_ = false;
  bool was_busy_ = false;
};

}  // namespace freshet::db::sqlite
