#include "db/postgres/database.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <type_traits>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "core/async/resumption.hpp"
#include "core/text.hpp"
#include "db/pool.hpp"
#include "db/postgres/connection.hpp"
#include "db/postgres/conversation.hpp"
#include "sql/lexer.hpp"

namespace freshet::db::postgres {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr unsigned helper_threads = 2;
constexpr int attempts_max = 4;  // of one work: the first, and three more
constexpr std::chrono::seconds last_wait{2};

PoolLimits limits_of(const DatabaseOptions& options) {
  constexpr int size = 10, overflow = 20;
  return {.size = options.pool_size > 0 ? options.pool_size : size,
          .overflow = options.pool_overflow >= 0 ? options.pool_overflow : overflow,
          .queue_max = options.pool_queue_max,
          .recycle = options.pool_recycle,
          .idle = options.pool_idle};
}

/// Transactions are Freshet's, and settings would outlive the statement on whatever session it happened to run.
void refuse_control_statements(std::string_view sql, std::size_t* offset_out) {
  constexpr std::array<std::string_view, 22> refused{
      "begin", "start",   "commit", "end",        "rollback", "abort",  "savepoint", "release",
      "set",   "reset",   "show",   "prepare",    "execute",  "listen", "unlisten",  "deallocate",
      "copy",  "discard", "vacuum", "checkpoint", "declare",  "fetch"};
  sql::Token first;
  sql::Lexer lexer(sql);
  while (lexer.next(first) && first.kind == sql::TokenKind::comment) continue;
  const std::string word = lower_case(sql::text_of(sql, first));
  if (std::ranges::find(refused, word) == refused.end()) return;
  if (offset_out != nullptr) *offset_out = first.offset;
  throw error_at("", sql, first.offset, fmt::format("{} cannot be used here", sql::text_of(sql, first)))
      .hinting(word == "set" || word == "reset" || word == "show"
                   ? "settings belong to the role or the database: ALTER ROLE … SET …, ALTER DATABASE … SET …"
                   : "each write already runs in one transaction: all of its statements or none");
}

/// Connects on a helper's thread, and resumes the caller on its own.
template <class Handler>
class ConnectOperation final : public Resumption<Handler> {
 public:
  using Resumption<Handler>::Resumption;

  static void start(Handler handler, SessionContext* context, Clock::time_point deadline) {
    asio::post(context->helpers, [self = std::make_unique<ConnectOperation>(std::move(handler)), context,
                                  deadline]() mutable { connect(std::move(self), *context, deadline); });
  }

 private:
  static void connect(std::unique_ptr<ConnectOperation> self, SessionContext& context, Clock::time_point deadline) {
    std::exception_ptr failure;
    std::unique_ptr<PoolSession> session;
    try {
      // Others may have waited long for an address that does not answer: nobody waits for this one any more.
      if (Clock::now() >= deadline) throw to_error(Refusal::timed_out);
      session = std::make_unique<Session>(context);
    } catch (...) {
      failure = std::current_exception();
    }
    Resumption<Handler>::resume(std::move(self), std::move(failure), std::move(session));
  }
};

/// What goes wrong while serving is for the log; the client may try again.
Error while_serving(const Error& failure) {
  if (failure.kind() == ErrorKind::unavailable) return failure;
  return Error(ErrorKind::unavailable, "the database is not available")
      .detailing(failure.log_detail().empty() ? failure.message() : failure.log_detail())
      .retry_after(5);
}

class PostgresDatabase final : public Database, private PoolDriver {
 public:
  PostgresDatabase(const Location& location, const DatabaseOptions& options)
      : pool_timeout_(options.pool_timeout),
        context_{.settings = settings_of(location, options, Role::session),
                 .statement_timeout = options.statement_timeout,
                 .statement_cache = static_cast<std::size_t>(std::max(options.statement_cache, 1)),
                 .prepared = options.prepared,
                 .read_only = options.read_only,
                 .alarms = alarms_,
                 .helpers = helpers_},
        pool_(std::make_shared<Pool>(limits_of(options), &alarms_)),
        verifier_(std::make_unique<PostgresConnection>(context_.settings, options.prepared)) {
    trivial_ = PostgresDatabase::prepare("SELECT 1", nullptr);
  }
  ~PostgresDatabase() override { PostgresDatabase::close(Clock::now()); }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::postgres; }

  [[nodiscard]] asio::awaitable<void> run(Work& work) override;

  [[nodiscard]] StatementPtr prepare(std::string_view sql, std::size_t* offset_out) override {
    refuse_control_statements(sql, offset_out);
    const std::lock_guard lock(verifier_mutex_);
    Statement statement = verify([&](Connection& connection) { return connection.describe(sql, offset_out); });
    statement.id = ++last_id_;
    return std::make_shared<const Statement>(std::move(statement));
  }

  [[nodiscard]] Catalog catalog() override {
    const std::lock_guard lock(verifier_mutex_);
    return verify([](Connection& connection) { return connection.catalog(); });
  }

  void look(const std::function<void(Connection&)>& with) override {
    const std::lock_guard lock(verifier_mutex_);
    verify([&](Connection& connection) {
      with(connection);
      return true;
    });
  }

  [[nodiscard]] asio::awaitable<bool> ready() override {
    Work work;
    work.steps.resize(1);
    work.steps.front().statement = trivial_;
    try {
      co_await run(work);
    } catch (const Error&) {
      co_return false;
    }
    co_return true;
  }

  [[nodiscard]] DatabaseFigures figures() const override {
    return {.readers = pool_->figures(),
            .writer = {},
            .statements = context_.statements.load(std::memory_order_relaxed),
            .statement_timeouts = context_.statement_timeouts.load(std::memory_order_relaxed),
            .busy_retries = context_.retries.load(std::memory_order_relaxed),
            .errors = context_.errors.load(std::memory_order_relaxed),
            .round_trips = context_.round_trips.load(std::memory_order_relaxed)};
  }

  void on_notice(const std::function<void(std::string_view)>& hear) override { context_.on_notice = hear; }

  void close(Clock::time_point deadline) override {
    pool_->close();
    if (!pool_->wait_until_quiet(deadline)) {
      stopping_ = true;
      pool_->refuse_waiting();
      pool_->visit_sessions([](PoolSession& session) { static_cast<Session&>(session).stop(Interruption::closing); });
      // Whoever runs work needs its executor to go on for that; what does not come back goes with its coroutine.
      static_cast<void>(pool_->wait_until_quiet(Clock::now() + last_wait));
    }
    pool_->destroy_idle();
    helpers_.join();
    const std::lock_guard lock(verifier_mutex_);
    verifier_.reset();
  }

 private:
  // PoolDriver
  [[nodiscard]] asio::awaitable<std::unique_ptr<PoolSession>> open() override;
  [[nodiscard]] asio::awaitable<bool> ping(PoolSession& session) override;
  [[nodiscard]] asio::awaitable<bool> reset(PoolSession& session) override;

  [[nodiscard]] asio::awaitable<void> run_leased(Work& work, Lease& lease);
  [[nodiscard]] asio::awaitable<bool> may_try_again(Aftermath aftermath, int attempt, Lease& lease);
  void count(const std::exception_ptr& failure) noexcept;

  /// Asks on the verifying connection; on a new one if that was lost, which is found out by asking.
  template <class Ask>
  std::invoke_result_t<const Ask&, Connection&> verify(const Ask& ask) {
    if (stopping_ || !verifier_) throw to_error(Refusal::closing);
    try {
      return ask(*verifier_);
    } catch (const Error& failure) {
      if (failure.kind() != ErrorKind::unavailable) throw;
    }
    verifier_ = std::make_unique<PostgresConnection>(context_.settings, context_.prepared);
    return ask(*verifier_);
  }

  AlarmClock alarms_;  // first: it outlives the pool
  asio::thread_pool helpers_{helper_threads};
  const std::chrono::milliseconds pool_timeout_;
  SessionContext context_;
  std::shared_ptr<Pool> pool_;
  std::atomic<bool> stopping_ = false;
  std::mutex verifier_mutex_;
  std::unique_ptr<PostgresConnection> verifier_;  // guarded by verifier_mutex_
  std::uint64_t last_id_ = 0;                     // guarded by verifier_mutex_
  StatementPtr trivial_;
};

/// Notes how long the work had its session, however it ends.
class RunTime {
 public:
  explicit RunTime(Work& work) noexcept : work_(work) {}
  ~RunTime() { work_.run_us = microseconds_since(start_); }
  RunTime(const RunTime&) = delete;
  RunTime& operator=(const RunTime&) = delete;

  [[nodiscard]] static std::uint64_t microseconds_since(Clock::time_point start) noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
  }

 private:
  Work& work_;
  Clock::time_point start_ = Clock::now();
};

asio::awaitable<void> PostgresDatabase::run(Work& work) {
  const Clock::time_point started = Clock::now();
  std::exception_ptr failure;
  try {
    Lease lease = co_await acquire_ready(pool_, *this, started + pool_timeout_);
    work.wait_us = RunTime::microseconds_since(started);
    const RunTime run_time(work);
    co_await run_leased(work, lease);
  } catch (const boost::system::system_error&) {  // the caller was cancelled between two waits
    failure = std::make_exception_ptr(Error(ErrorKind::cancelled, "the request was cancelled"));
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure == nullptr) co_return;
  count(failure);
  std::rethrow_exception(failure);
}

asio::awaitable<void> PostgresDatabase::run_leased(Work& work, Lease& lease) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  for (int attempt = 1;; ++attempt) {
    std::optional<Failure> failure;
    bool delivered = false, idle = false;
    {
      Session& session = *lease.session<Session>();
      Conversation conversation(session, work, executor);
      failure = co_await conversation.run();
      delivered = conversation.delivered();
      idle = session.idle();
    }
    if (!failure) {
      lease.return_clean();
      co_return;
    }
    const bool final = failure->aftermath == Aftermath::usable || failure->aftermath == Aftermath::stopped;
    const bool again = !final && !delivered && attempt < attempts_max && !stopping_;
    if (again && co_await may_try_again(failure->aftermath, attempt, lease)) continue;
    if (lease) idle ? lease.return_clean() : lease.discard();
    std::rethrow_exception(failure->error);
  }
}

/// Prepares the next attempt, where there may be one. Nobody has seen anything of the last one, and nothing of it was
/// committed.
asio::awaitable<bool> PostgresDatabase::may_try_again(Aftermath aftermath, int attempt, Lease& lease) {
  bool ready = false;
  switch (aftermath) {
    case Aftermath::usable:
    case Aftermath::stopped:
      break;
    case Aftermath::lost:
      // A server that was restarted: the session was dead before it was asked. Once, on a connection that is not.
      if (attempt > 1) break;
      lease.session()->abandon();
      lease.install(co_await open());
      ready = true;
      break;
    case Aftermath::stale_plan:
    case Aftermath::settings_gone: {
      Work nothing;
      Conversation conversation(*lease.session<Session>(), nothing, co_await asio::this_coro::executor);
      ready = attempt < 3 && co_await conversation.start_afresh(false);
      break;
    }
    case Aftermath::try_again: {
      // Apart from the other one, which may be trying again, too.
      thread_local std::minstd_rand random{std::random_device{}()};
      asio::steady_timer pause(co_await asio::this_coro::executor);
      pause.expires_after(std::chrono::milliseconds(1 + random() % (5U << static_cast<unsigned>(attempt))));
      co_await pause.async_wait(asio::use_awaitable);
      ready = true;
      break;
    }
  }
  if (ready) context_.retries.fetch_add(1, std::memory_order_relaxed);
  co_return ready;
}

asio::awaitable<std::unique_ptr<PoolSession>> PostgresDatabase::open() {
  const auto start = [](auto handler, SessionContext* context, Clock::time_point deadline) {
    ConnectOperation<decltype(handler)>::start(std::move(handler), context, deadline);
  };
  try {
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                            void(std::exception_ptr, std::unique_ptr<PoolSession>)>(
        start, asio::use_awaitable, &context_, Clock::now() + pool_timeout_);
  } catch (const Error& failure) {
    throw while_serving(failure);
  }
}

asio::awaitable<bool> PostgresDatabase::ping(PoolSession& session) {
  auto& ours = static_cast<Session&>(session);
  if (!ours.idle()) co_return false;
  Work nothing;
  Conversation conversation(ours, nothing, co_await asio::this_coro::executor);
  co_return co_await conversation.ping();
}

asio::awaitable<bool> PostgresDatabase::reset(PoolSession& session) {
  auto& ours = static_cast<Session&>(session);
  // A session whose work was dropped in the middle: what is still on its way is unknown.
  if (!ours.idle()) co_return false;
  Work nothing;
  Conversation conversation(ours, nothing, co_await asio::this_coro::executor);
  co_return co_await conversation.start_afresh(true);
}

void PostgresDatabase::count(const std::exception_ptr& failure) noexcept {
  context_.errors.fetch_add(1, std::memory_order_relaxed);
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::timeout) context_.statement_timeouts.fetch_add(1, std::memory_order_relaxed);
  } catch (...) {
    return;  // a sink's or binder's own
  }
}

}  // namespace

std::unique_ptr<Database> open_database(const Location& location, const DatabaseOptions& options) {
  return std::make_unique<PostgresDatabase>(location, options);
}

}  // namespace freshet::db::postgres
