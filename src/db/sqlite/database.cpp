#include "db/sqlite/database.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <string_view>
#include <thread>

#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "core/async/resumption.hpp"
#include "core/text.hpp"
#include "db/sqlite/describe.hpp"
#include "db/sqlite/file_identity.hpp"
#include "db/sqlite/run_job.hpp"

namespace freshet::db::sqlite {
namespace {

ConnectionOptions connection_options(const std::string& path, const DatabaseOptions& options, Role role) {
  ConnectionOptions result;
  result.path = path;
  result.role = role;
  result.read_only = options.read_only;
  result.busy_timeout = options.busy_timeout;
  result.mmap_bytes = options.mmap_bytes;
  result.cache_kib = options.cache_kib;
  result.statement_cache = static_cast<std::size_t>(std::max(options.statement_cache, 1));
  return result;
}

PoolLimits reader_limits(const DatabaseOptions& options) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return {.size = options.pool_size > 0 ? options.pool_size : std::max(2, cores),
          .overflow = options.pool_overflow >= 0 ? options.pool_overflow : 4,
          .queue_max = options.pool_queue_max,
          .recycle = options.pool_recycle,
          .idle = options.pool_idle,
          .ping_after = PoolDuration::max()};  // each job looks at the file, and that is all there is to try
}

PoolLimits writer_limits(const DatabaseOptions& options) {
  PoolLimits limits = reader_limits(options);
  limits.size = 1;
  limits.overflow = 0;
  return limits;
}

/// Transactions are Freshet's, and settings would outlive the statement on whatever session it happened to run.
void refuse_control_statements(std::string_view sql, std::size_t* offset_out) {
  constexpr std::array<std::string_view, 11> refused{"begin",  "commit", "end",    "rollback", "savepoint", "release",
                                                     "attach", "detach", "vacuum", "pragma",   "reindex"};
  const std::size_t start = blank_prefix(sql);
  std::size_t end = start;
  while (end < sql.size() && std::isalpha(static_cast<unsigned char>(sql[end])) != 0) ++end;
  const std::string word = lower_case(sql.substr(start, end - start));
  if (std::ranges::find(refused, word) == refused.end()) return;
  if (offset_out != nullptr) *offset_out = start;
  throw error_at("", sql, start, fmt::format("{} cannot be used here", sql.substr(start, end - start)))
      .hinting(word == "pragma" ? "read settings with SELECT … FROM pragma_…(), and set them in freshet.toml"
                                : "each write already runs in one transaction: all of its statements or none");
}

template <class Handler>
class RunOperation final : public RunJob, public Resumption<Handler> {
 public:
  RunOperation(Handler handler, JobContext& context, Work& work)
      : RunJob(context, work), Resumption<Handler>(std::move(handler)) {}

  static void start(Handler handler, JobContext& context, Work& work, std::chrono::milliseconds pool_timeout) {
    auto self = std::make_unique<RunOperation>(std::move(handler), context, work);
    RunOperation* operation = self.release();  // owns itself until it is finished
    operation->on_cancel([operation] { operation->cancel(); });
    operation->RunJob::start(pool_timeout);
  }

 private:
  void finish(std::exception_ptr failure) override {
    Resumption<Handler>::resume(std::unique_ptr<RunOperation>(this), std::move(failure));
  }
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const std::string& path, const DatabaseOptions& options)
      : pool_timeout_(options.pool_timeout),
        context_{.reader = connection_options(path, options, Role::reader),
                 .writer = connection_options(path, options, Role::writer),
                 .statement_timeout = options.statement_timeout,
                 .alarms = alarms_,
                 .readers = std::make_shared<Pool>(reader_limits(options), &alarms_),
                 .writers = std::make_shared<Pool>(writer_limits(options), &alarms_)} {
    if (!options.read_only) {
      const SqliteConnection creates(context_.writer);  // the file, and its journal mode
    }
    open_verifier();
    trivial_ = SqliteDatabase::prepare("SELECT 1", nullptr);
  }
  ~SqliteDatabase() override { SqliteDatabase::close(std::chrono::steady_clock::now()); }
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::sqlite; }

  [[nodiscard]] boost::asio::awaitable<void> run(Work& work) override {
    const auto start = [](auto handler, SqliteDatabase* self, Work* what) {
      RunOperation<decltype(handler)>::start(std::move(handler), self->context_, *what, self->pool_timeout_);
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
        start, boost::asio::use_awaitable, this, &work);
  }

  [[nodiscard]] StatementPtr prepare(std::string_view sql, std::size_t* offset_out) override {
    const std::lock_guard lock(verifier_mutex_);
    Statement statement = verifier().describe(sql, offset_out);
    refuse_control_statements(sql, offset_out);
    statement.id = ++last_id_;
    return std::make_shared<const Statement>(std::move(statement));
  }

  [[nodiscard]] Catalog catalog() override {
    const std::lock_guard lock(verifier_mutex_);
    return verifier().catalog();
  }

  void look(const std::function<void(Connection&)>& with) override {
    const std::lock_guard lock(verifier_mutex_);
    with(verifier());
  }

  [[nodiscard]] boost::asio::awaitable<bool> ready() override {
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
    return {.readers = context_.readers->figures(),
            .writer = context_.writers->figures(),
            .statements = context_.statements.load(std::memory_order_relaxed),
            .statement_timeouts = context_.statement_timeouts.load(std::memory_order_relaxed),
            .busy_retries = context_.busy_retries.load(std::memory_order_relaxed),
            .errors = context_.errors.load(std::memory_order_relaxed),
            .round_trips = 0};
  }

  void close(std::chrono::steady_clock::time_point deadline) override {
    context_.readers->close();
    context_.writers->close();
    // Not `and then`: both get until the deadline.
    const bool readers_quiet = context_.readers->wait_until_quiet(deadline);
    const bool writers_quiet = context_.writers->wait_until_quiet(deadline);
    if (!readers_quiet || !writers_quiet) stop_everything();
    context_.readers->destroy_idle();
    {
      const std::lock_guard lock(verifier_mutex_);
      verifier_.reset();
    }
    context_.writers->destroy_idle();  // the last one to close leaves no -wal behind
  }

 private:
  SqliteConnection& verifier() {
    if (!verifier_) throw to_error(Refusal::closing);
    const FileIdentity now = FileIdentity::of(context_.reader.path);
    if (!now.exists()) throw Error(ErrorKind::unavailable, "the database's file is gone").retry_after(1);
    if (now != verified_file_) open_verifier();
    return *verifier_;
  }
  void open_verifier() {
    const FileIdentity file = FileIdentity::of(context_.reader.path);
    verifier_ = std::make_unique<SqliteConnection>(context_.reader);
    verified_file_ = file;
  }

  void stop_everything() {
    constexpr std::chrono::milliseconds patience{20};
    context_.stopping = true;
    for (Pool* pool : {context_.readers.get(), context_.writers.get()}) {
      pool->refuse_waiting();
      do {
        pool->visit_sessions(
            [](PoolSession& session) { static_cast<Session&>(session).stop_whatever_runs(Interruption::closing); });
      } while (!pool->wait_until_quiet(std::chrono::steady_clock::now() + patience));
    }
  }

  AlarmClock alarms_;  // first: it outlives the pools
  const std::chrono::milliseconds pool_timeout_;
  JobContext context_;
  std::mutex verifier_mutex_;
  // Guarded by verifier_mutex_.
  FileIdentity verified_file_;
  std::unique_ptr<SqliteConnection> verifier_;
  std::uint64_t last_id_ = 0;
  StatementPtr trivial_;
};

}  // namespace

std::unique_ptr<Database> open_database(const std::string& path, const DatabaseOptions& options) {
  if (path == ":memory:") {
    throw Error(ErrorKind::config, "a database in memory cannot be served: its sessions would each see another one")
        .hinting("write database.url as sqlite:path/to/file.db");
  }
  return std::make_unique<SqliteDatabase>(path, options);
}

std::unique_ptr<Connection> open_connection(const std::string& path, const DatabaseOptions& options) {
  return std::make_unique<SqliteConnection>(connection_options(path, options, Role::writer));
}

}  // namespace freshet::db::sqlite
