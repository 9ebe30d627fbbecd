#include "db/postgres/conversation.hpp"

#include <charconv>
#include <utility>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <libpq-fe.h>

namespace freshet::db::postgres {

namespace asio = boost::asio;
using asio::posix::descriptor_base;

namespace {

constexpr int text_format = 0;
/// How much later than the server itself the client gives up on a statement.
constexpr std::chrono::seconds grace{1};

std::int64_t rows_written(pg_result* result) {
  if (std::string_view(PQcmdStatus(result)).starts_with("SELECT")) return 0;
  const std::string_view count = PQcmdTuples(result);
  std::int64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

void check_columns(const Statement& statement, const pg_result* result) {
  // Whoever reads the rows counts on the columns that the statement was verified with.
  if (statement.columns.size() == static_cast<std::size_t>(PQnfields(result))) return;
  throw Error(ErrorKind::unavailable, "the database has changed; the endpoints are being loaded again")
      .detailing(
          fmt::format("{} columns instead of {}: {}", PQnfields(result), statement.columns.size(), statement.sql))
      .retry_after(1);
}

}  // namespace

Conversation::Conversation(Session& session, Work& work, const asio::any_io_executor& executor)
    : session_(session),
      context_(session.context()),
      work_(work),
      socket_(executor, PQsocket(session.handle())),
      held_(work.steps.size()),
      failed_step_(work.steps.size()) {}

Conversation::~Conversation() {
  session_.end_wait();
  socket_.release();  // it is libpq's
}

std::chrono::milliseconds Conversation::timeout() const noexcept {
  return work_.statement_timeout.count() > 0 ? work_.statement_timeout : context_.statement_timeout;
}

bool Conversation::needs_transaction() const noexcept {
  return work_.mode == Mode::write || work_.steps.size() > 1 || !context_.prepared ||
         timeout() != context_.statement_timeout;
}

asio::awaitable<std::optional<Failure>> Conversation::run() {
  try {
    co_await converse();
  } catch (const boost::system::system_error&) {  // cancelled between two waits
    session_.stop(Interruption::cancelled);
    lost_ = true;
  } catch (...) {
    fault_ = std::current_exception();
  }
  if (!lost_ && !session_.idle()) {
    try {
      co_await settle();
    } catch (...) {
      lost_ = true;  // what went wrong first is what counts
    }
  }
  if (succeeding() && !lost_) co_return std::nullopt;
  co_return failure();
}

Failure Conversation::failure() const {
  const Interruption why = session_.stopped();
  if (!lost_) {
    if (fault_ != nullptr) return {.aftermath = Aftermath::usable, .error = fault_};
    const std::string_view sql =
        failed_step_ < work_.steps.size() ? std::string_view(work_.steps[failed_step_].statement->sql) : "";
    return {.aftermath = aftermath_of(*report_), .error = std::make_exception_ptr(error_from(*report_, sql, why))};
  }
  Failure failure{.aftermath = Aftermath::lost, .error = fault_};
  if (why != Interruption::none) {
    failure.aftermath = Aftermath::stopped;
    failure.error = std::make_exception_ptr(error_from({.sqlstate = "57014"}, "(stopped)", why));
  } else if (commit_unknown_) {
    failure.aftermath = Aftermath::stopped;
    failure.error = std::make_exception_ptr(unknown_commit_error());
  } else if (report_) {
    failure.error = std::make_exception_ptr(error_from(*report_, {}, why));
  }
  return failure;
}

asio::awaitable<void> Conversation::converse() {
  const bool transaction = needs_transaction();
  if (transaction) queue_begin();
  co_await send_steps();
  if (succeeding() && work_.mode == Mode::write) {
    ask_for_results();
    co_await exchange();
    if (succeeding()) deliver();
  }
  if (!succeeding()) co_return;  // settle() ends what was begun
  if (transaction) {
    queue_text(Command::Kind::commit, "COMMIT");
    commit_unknown_ = work_.mode == Mode::write;
  }
  queue_sync();
  co_await exchange();
  if (succeeding()) deliver();
}

asio::awaitable<void> Conversation::send_steps() {
  for (std::size_t i = 0; i < work_.steps.size() && succeeding(); ++i) {
    if (work_.steps[i].depends_on_earlier && i > 0) {
      ask_for_results();
      co_await exchange();
      if (!succeeding()) break;
      deliver();
    }
    queue_step(i);
  }
}

/// Whatever was queued comes to its end, and no transaction stays open.
asio::awaitable<void> Conversation::settle() {
  if (session_.in_conversation) {
    if (commands_.back().kind != Command::Kind::sync) queue_sync();
    co_await exchange();
  }
  if (session_.idle()) co_return;
  queue_text(Command::Kind::other, "ROLLBACK");
  queue_sync();
  co_await exchange();
}

void Conversation::queue(Command command, int sent) {
  session_.in_conversation = true;
  if (sent == 0) lose();
  commands_.push_back(command);
}

void Conversation::queue_text(Command::Kind kind, const char* sql) {
  queue({.kind = kind}, PQsendQueryParams(session_.handle(), sql, 0, nullptr, nullptr, nullptr, nullptr, text_format));
}

void Conversation::queue_begin() {
  const bool writes = work_.mode == Mode::write && !context_.read_only;
  queue_text(Command::Kind::other, writes                   ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                                   : work_.steps.size() > 1 ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                                            : "BEGIN READ ONLY");
  if (!context_.prepared) {
    queue_text(Command::Kind::other, find_functions(true).c_str());
    queue_text(Command::Kind::other, "SET LOCAL jit = off");
    queue_text(Command::Kind::other, "SET LOCAL bytea_output = hex");
    queue_text(Command::Kind::other, "SET LOCAL intervalstyle = iso_8601");
  }
  if (!context_.prepared || timeout() != context_.statement_timeout) {
    queue_text(Command::Kind::other, fmt::format("SET LOCAL statement_timeout = {}", timeout().count()).c_str());
  }
}

const char* Conversation::queue_prepare(const Statement& statement) {
  const StatementNames::Use use = session_.names.use(statement.id);
  if (use.evicted) queue_text(Command::Kind::other, fmt::format("DEALLOCATE {}", *use.evicted).c_str());
  if (use.fresh) {
    queue({.kind = Command::Kind::prepare, .id = statement.id},
          PQsendPrepare(session_.handle(), use.name, statement.sql.c_str(),
                        static_cast<int>(statement.parameter_types.size()), statement.parameter_types.data()));
  }
  return use.name;
}

void Conversation::queue_step(std::size_t index) {
  const Step& step = work_.steps[index];
  const Statement& statement = *step.statement;
  context_.statements.fetch_add(1, std::memory_order_relaxed);
  session_.binder.start(statement);
  if (step.bind) step.bind(session_.binder);
  const PostgresBinder::Sent sent = session_.binder.finish();
  const int count = session_.binder.count();
  if (context_.prepared && statement.id != 0) {
    const char* name = queue_prepare(statement);
    queue({.kind = Command::Kind::step, .step = index},
          PQsendQueryPrepared(session_.handle(), name, count, sent.values, sent.lengths, sent.formats, text_format));
  } else {
    queue({.kind = Command::Kind::step, .step = index},
          PQsendQueryParams(session_.handle(), statement.sql.c_str(), count, statement.parameter_types.data(),
                            sent.values, sent.lengths, sent.formats, text_format));
  }
}

void Conversation::queue_sync() { queue({.kind = Command::Kind::sync}, PQpipelineSync(session_.handle())); }

void Conversation::ask_for_results() {
  if (PQsendFlushRequest(session_.handle()) == 0) lose();
}

asio::awaitable<void> Conversation::exchange() {
  context_.round_trips.fetch_add(1, std::memory_order_relaxed);
  co_await flush();
  co_await collect();
}

asio::awaitable<void> Conversation::flush() {
  for (;;) {
    const int left = PQflush(session_.handle());
    if (left == 0) co_return;
    if (left < 0) lose();
    co_await wait(true);  // the server may be waiting for us to read before it reads on
  }
}

asio::awaitable<void> Conversation::collect() {
  while (next_ < commands_.size()) {
    const Command command = commands_[next_];
    if (command.kind == Command::Kind::step) request_single_rows();
    while (PQisBusy(session_.handle()) != 0) co_await wait(false);
    ResultHandle result(PQgetResult(session_.handle()));
    if (result == nullptr) {
      require_connection();
      ++next_;
      paced_ = paced_started_ = false;
      continue;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        result.reset(PQgetResult(session_.handle()));  // the null that ends it
        ++next_;
        session_.in_conversation = next_ < commands_.size();
        break;
      case PGRES_SINGLE_TUPLE:
        co_await deliver_paced(command.step, std::move(result));
        break;
      default:
        take(command, std::move(result));
    }
  }
}

asio::awaitable<void> Conversation::wait(bool for_room_too) {
  session_.begin_wait(std::chrono::steady_clock::now() + timeout() + grace);
  boost::system::error_code failed;
  try {
    if (for_room_too) {
      co_await asio::experimental::make_parallel_group(socket_.async_wait(descriptor_base::wait_read, asio::deferred),
                                                       socket_.async_wait(descriptor_base::wait_write, asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    } else {
      co_await socket_.async_wait(descriptor_base::wait_read, asio::redirect_error(asio::use_awaitable, failed));
    }
  } catch (const boost::system::system_error& cancelled) {
    failed = cancelled.code();
  }
  session_.end_wait();
  if (failed) {
    session_.stop(Interruption::cancelled);
    lose();
  }
  if (PQconsumeInput(session_.handle()) == 0) lose();
}

void Conversation::request_single_rows() {
  if (paced_) return;
  const Step& step = work_.steps[commands_[next_].step];
  paced_ = step.sink != nullptr && step.sink->pace() != nullptr && PQsetSingleRowMode(session_.handle()) == 1;
}

void Conversation::take(const Command& command, ResultHandle result) {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_PIPELINE_ABORTED || status == PGRES_FATAL_ERROR) {
    if (command.kind == Command::Kind::prepare) session_.names.forget(command.id);
    if (command.kind == Command::Kind::commit) commit_unknown_ = false;
    if (status == PGRES_FATAL_ERROR) note_report(command, result.get());
    if (!report_) lose();  // nothing is left out unless something failed before
    return require_connection();
  }
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    lose();  // COPY, which no statement that was verified begins
  }
  if (command.kind == Command::Kind::step) held_[command.step] = std::move(result);
  if (command.kind == Command::Kind::commit) commit_unknown_ = false;
}

void Conversation::note_report(const Command& command, const pg_result* result) {
  Report report = report_of(result);
  const bool gone = aftermath_of(report) == Aftermath::lost;
  if (gone && command.kind == Command::Kind::commit) commit_unknown_ = work_.mode == Mode::write;
  if (!report_) {
    report_ = std::move(report);
    if (command.kind == Command::Kind::step) failed_step_ = command.step;
  }
  if (gone) lose();
}

void Conversation::deliver() {
  for (; undelivered_ < held_.size() && held_[undelivered_] != nullptr; ++undelivered_) deliver(undelivered_);
}

void Conversation::deliver(std::size_t index) {
  const Step& step = work_.steps[index];
  const ResultHandle result = std::move(held_[index]);
  if (step.sink != nullptr) {
    check_columns(*step.statement, result.get());
    const int rows = PQntuples(result.get());
    if (rows > 0) session_.reader.start(result.get());
    for (int row = 0; row < rows; ++row) {
      delivered_ = true;
      if (!step.sink->row(session_.reader.read(result.get(), row))) break;
    }
  }
  if (!step.changed) return;
  delivered_ = true;
  step.changed(rows_written(result.get()));
}

asio::awaitable<void> Conversation::deliver_paced(std::size_t index, ResultHandle result) {
  const Step& step = work_.steps[index];
  if (!std::exchange(paced_started_, true)) {
    deliver();
    check_columns(*step.statement, result.get());
    session_.reader.start(result.get());
  }
  delivered_ = true;
  if (!step.sink->row(session_.reader.read(result.get(), 0))) {
    session_.stop(Interruption::cancelled);  // there may be millions more
    lose();
  }
  Pace& pace = *step.sink->pace();
  if (pace.full()) co_await pace.room();
}

void Conversation::lose() {
  lost_ = true;
  throw lost_error(session_.handle(), {});
}

void Conversation::require_connection() {
  if (PQstatus(session_.handle()) != CONNECTION_OK) lose();
}

asio::awaitable<bool> Conversation::start_afresh(bool discard_all) {
  session_.names.clear();
  try {
    queue_text(Command::Kind::other, discard_all ? "DISCARD ALL" : "DEALLOCATE ALL");
    queue_sync();
    co_await exchange();
  } catch (const Error&) {
    co_return false;
  }
  co_return succeeding() && session_.idle();
}

asio::awaitable<bool> Conversation::ping() {
  try {
    queue_text(Command::Kind::other, "");
    queue_sync();
    co_await exchange();
  } catch (const Error&) {
    co_return false;
  }
  co_return succeeding();
}

}  // namespace freshet::db::postgres
