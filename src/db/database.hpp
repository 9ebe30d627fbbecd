#pragma once
// A database behind its pool, as the rest of Freshet sees it: SQLite now, PostgreSQL beside it.
// Thread-safe; coroutines may await it from any executor and continue on their own.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "core/error.hpp"
#include "db/catalog.hpp"
#include "db/connection.hpp"
#include "db/statement.hpp"

namespace freshet::db {

/// freshet.toml's [database] and [database.pool], after environment overrides.
struct DatabaseOptions {
  /// "sqlite:path", resolved against the app folder ("sqlite::memory:" is refused by serve), or "postgresql://…", or
  /// "$NAME": what parse_location() takes. May hold a password: for messages there is Location::shown().
  std::string url;
  bool read_only = false;
  bool migrate_on_start = true;

  // Sessions kept open: on SQLite those that read (0: max(2, cores)), on PostgreSQL all (0: 10).
  int pool_size = 0;
  int pool_overflow = -1;       // more of them while there is demand; -1: 4 on SQLite, 20 on PostgreSQL
  int pool_queue_max = 10'000;  // waiters beyond that get `unavailable` at once
  std::chrono::milliseconds pool_timeout{30'000};  // longest wait for a session
  std::chrono::seconds pool_recycle{3600};         // age at which a session is replaced
  std::chrono::seconds pool_idle{300};             // idle overflow sessions close after
  std::chrono::milliseconds statement_timeout{60'000};

  std::chrono::milliseconds busy_timeout{5'000};  // SQLite: how long to wait for other processes' locks
  std::int64_t mmap_bytes = std::int64_t{1} << 30;
  std::int64_t cache_kib = 65'536;  // SQLite page cache of each session
  int statement_cache = 256;        // prepared statements kept a session

  std::chrono::milliseconds connect_timeout{10'000};  // PostgreSQL: for one host of the URL
  bool prepared = true;  // PostgreSQL: false behind PgBouncer in transaction mode, where sessions remember nothing

  friend bool operator==(const DatabaseOptions&, const DatabaseOptions&) = default;
};

/// Figures of a pool, for /metrics, /readyz and the log.
struct PoolFigures {
  int size = 0, overflow = 0;                                                                       // the limits
  int open = 0, in_use = 0, waiting = 0;                                                            // now
  std::uint64_t acquired = 0, timeouts = 0, rejected = 0, opened = 0, recycled = 0, discarded = 0;  // since start
  std::uint64_t wait_us_total = 0, wait_us_max = 0;
};
struct DatabaseFigures {
  PoolFigures readers, writer;  // PostgreSQL has one pool, the first
  std::uint64_t statements = 0, statement_timeouts = 0, busy_retries = 0, errors = 0;
  std::uint64_t round_trips = 0;  // PostgreSQL: flushes that were waited for
};

class Database {
 public:
  virtual ~Database() = default;

  [[nodiscard]] virtual Dialect dialect() const noexcept = 0;

  /// Runs `work` on a session from the pool and resumes on the caller's executor when it is done. Work's binders and
  /// sinks are called on the session's thread while the caller waits; `work` must outlive the await (it does, as a
  /// local of the awaiting coroutine).
  /// Throws Error: unavailable (pool wait timed out, queue full, closing; Retry-After set), timeout (statement),
  /// conflict (unique, foreign key), unprocessable (check, not null, RAISE), internal (anything else, text in
  /// log_detail), and whatever a sink or binder throws.
  [[nodiscard]] virtual boost::asio::awaitable<void> run(Work& work) = 0;

  /// Verifies a statement against the schema as it is now, and gives it an identity. Blocking: for loading, not
  /// serving. On failure throws config with `*offset_out` as Connection::describe does.
  [[nodiscard]] virtual StatementPtr prepare(std::string_view sql, std::size_t* offset_out = nullptr) = 0;

  /// The schema as it is now. Blocking.
  [[nodiscard]] virtual Catalog catalog() = 0;

  /// Lets `with` ask more of the database, on the connection that statements are verified with. Blocking; for loading.
  virtual void look(const std::function<void(Connection&)>& with) = 0;

  /// True when a trivial statement succeeds; for /readyz.
  [[nodiscard]] virtual boost::asio::awaitable<bool> ready() = 0;

  [[nodiscard]] virtual DatabaseFigures figures() const = 0;

  /// What the database says besides answers (PostgreSQL's NOTICE and WARNING) goes to `hear`, on any thread. Call
  /// before work is run.
  virtual void on_notice(const std::function<void(std::string_view)>& hear) { static_cast<void>(hear); }

  /// Refuses new work, lets running work finish until `deadline`, then interrupts it and closes. Blocking.
  virtual void close(std::chrono::steady_clock::time_point deadline) = 0;
};

/// Throws config for a URL that names none.
[[nodiscard]] Dialect dialect_of(const DatabaseOptions& options);

/// Opens the database that `options.url` names. Throws config, with a hint, for what cannot be opened.
[[nodiscard]] std::unique_ptr<Database> open_database(const DatabaseOptions& options);
/// One blocking connection to the same, for the command line.
[[nodiscard]] std::unique_ptr<Connection> open_connection(const DatabaseOptions& options);

}  // namespace freshet::db
