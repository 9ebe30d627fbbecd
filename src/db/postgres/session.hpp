#pragma once
// A connection in pipeline mode: what the pool of a PostgreSQL database keeps.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include <boost/asio/thread_pool.hpp>

#include "core/async/alarm_clock.hpp"
#include "db/pool.hpp"
#include "db/postgres/binder.hpp"
#include "db/postgres/errors.hpp"
#include "db/postgres/handle.hpp"
#include "db/postgres/rows.hpp"
#include "db/postgres/settings.hpp"
#include "db/postgres/statement_names.hpp"

namespace freshet::db::postgres {

/// What all sessions of a database share; outlives them.
struct SessionContext {
  Settings settings;
  std::chrono::milliseconds statement_timeout{};
  std::size_t statement_cache = 256;
  bool prepared = true;
  bool read_only = false;
  AlarmClock& alarms;
  /// Threads for what libpq only does blocking: connecting (names are looked up), and asking the server to cancel.
  boost::asio::thread_pool& helpers;
  /// Hears what the server says besides answers. Set before anything is opened.
  std::function<void(std::string_view)> on_notice{};
  std::atomic<std::uint64_t> statements = 0, statement_timeouts = 0, retries = 0, errors = 0, round_trips = 0;
};

/// Used by whoever holds its lease; stop() may be called from any thread.
class Session final : public PoolSession {
 public:
  /// Connects. Blocking. Throws what connect() throws.
  explicit Session(SessionContext& context);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] SessionContext& context() noexcept { return context_; }
  /// Null: it was abandoned.
  [[nodiscard]] pg_conn* handle() const noexcept { return handle_.get(); }
  /// Outside a transaction, with nothing on its way.
  [[nodiscard]] bool idle() const noexcept;
  void abandon() noexcept override;

  /// Until end_wait(), the wait for the server ends at `deadline`: then, or by stop(), the socket is shut.
  void begin_wait(std::chrono::steady_clock::time_point deadline);
  void end_wait() noexcept;
  /// Ends what runs here: the server is asked to cancel it, and the session is broken.
  void stop(Interruption why) noexcept;
  [[nodiscard]] Interruption stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

  /// Something was sent whose end has not been seen.
  bool in_conversation = false;
  StatementNames names;
  PostgresBinder binder;
  RowReader reader;

 private:
  SessionContext& context_;
  ConnectionHandle handle_;
  std::shared_ptr<pg_cancel> cancel_;
  std::atomic<Interruption> stopped_{Interruption::none};
  std::mutex socket_mutex_;
  int socket_ = -1;  // guarded by socket_mutex_; what stop() shuts
  Alarm deadline_;   // last: its ring uses all of the above
};

}  // namespace freshet::db::postgres
