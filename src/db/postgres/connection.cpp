#include "db/postgres/connection.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "db/postgres/catalog.hpp"
#include "db/postgres/describe.hpp"
#include "db/postgres/errors.hpp"
#include "sql/lexer.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {
namespace {

constexpr int text_format = 0;

std::string name_of(std::uint64_t id) { return fmt::format("freshet_{}", id); }

/// "INSERT 0 3", "UPDATE 3": rows that were written; 0 for anything that wrote none.
std::int64_t rows_written(pg_result* result) {
  const std::string_view command = PQcmdStatus(result);
  if (command.starts_with("SELECT") || command.starts_with("FETCH") || command.starts_with("MOVE")) return 0;
  const std::string_view count = PQcmdTuples(result);
  std::int64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

bool succeeded(const pg_result* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

bool copies(const pg_result* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

/// What the author of a script has written is wrong, and only they read this.
bool is_about_the_script(std::string_view sqlstate) {
  return sqlstate.starts_with("42") || sqlstate.starts_with("0") || sqlstate.starts_with("2B") ||
         sqlstate.starts_with("22") || sqlstate.starts_with("25") || sqlstate.starts_with("3") ||
         sqlstate.starts_with("55000") || sqlstate.starts_with("P0");
}

}  // namespace

/// The results of one query, until there are no more: whatever happens, the connection is ready for the next.
class PostgresConnection::Answers {
 public:
  explicit Answers(pg_conn* handle) noexcept : handle_(handle) {}
  ~Answers() {
    while (next() != nullptr) continue;
  }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  /// Null: no more. Valid until the next call.
  pg_result* next() {
    result_.reset(PQgetResult(handle_));
    if (result_ != nullptr && copies(result_.get())) end_copy();
    return result_.get();
  }

 private:
  /// COPY from or to the client has no client here.
  void end_copy() {
    if (PQresultStatus(result_.get()) != PGRES_COPY_OUT) PQputCopyEnd(handle_, "COPY … FROM STDIN has no input here");
    char* line = nullptr;
    while (PQgetCopyData(handle_, &line, 0) > 0) PQfreemem(line);
    result_.reset(PQgetResult(handle_));
  }

  pg_conn* handle_;
  ResultHandle result_;
};

PostgresConnection::PostgresConnection(const Settings& settings, bool prepared)
    : handle_(connect(settings)), cancel_(PQgetCancel(handle_.get())), may_prepare_(prepared) {
  PQsetNoticeReceiver(
      handle_.get(), [](void*, const pg_result*) {}, nullptr);
}

void PostgresConnection::interrupt() noexcept {
  interrupted_ = true;
  std::array<char, 256> ignored{};  // whatever was wrong, the statement goes on
  PQcancel(cancel_.get(), ignored.data(), static_cast<int>(ignored.size()));
}

void PostgresConnection::heed_interruption() {
  if (interrupted_.exchange(false)) throw Error(ErrorKind::cancelled, "the request was cancelled");
}

void PostgresConnection::fail(const pg_result* result, std::string_view sql) {
  const Interruption why = interrupted_.exchange(false) ? Interruption::cancelled : Interruption::none;
  if (PQstatus(handle_.get()) == CONNECTION_BAD) throw lost_error(handle_.get(), sql);
  throw error_from(report_of(result), sql, why);
}

void PostgresConnection::execute(std::string_view script) {
  for (const sql::StatementSpan& span : sql::split_statements(script)) {
    heed_interruption();
    execute_one(script, span.offset, std::string(script.substr(span.offset, span.length)));
  }
}

void PostgresConnection::execute_one(std::string_view script, std::size_t offset, const std::string& statement) {
  if (PQsendQuery(handle_.get(), statement.c_str()) == 0) throw lost_error(handle_.get(), statement);
  Answers answers(handle_.get());
  while (pg_result* result = answers.next()) {
    if (succeeded(result)) continue;
    const Report report = report_of(result);
    if (is_about_the_script(report.sqlstate)) {
      const std::size_t inside = byte_offset(statement, report.position);
      const std::string& said = report.hint.empty() ? report.detail : report.hint;
      throw error_at("", script, offset + (inside == std::string::npos ? 0 : inside), report.message).hinting(said);
    }
    const PlaceInText place = place_in_text(script, offset);
    try {
      fail(result, statement);
    } catch (Error& failure) {
      throw std::move(failure.at({.file = "", .line = place.line, .column = place.column}))
          .with_source_line(std::string(place.line_text));
    }
  }
}

Statement PostgresConnection::describe(std::string_view sql, std::size_t* offset_out) {
  // Behind PgBouncer, two questions in a row reach the same server only within a transaction.
  const bool alone = PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
  if (may_prepare_ || !alone) return postgres::describe(handle_.get(), sql, offset_out);
  Transaction together(*this, Mode::read);
  return postgres::describe(handle_.get(), sql, offset_out);
}

void PostgresConnection::prepare(const Statement& statement) {
  if (statement.id == 0 || !may_prepare_ || prepared_.contains(statement.id)) return;
  const ResultHandle result(PQprepare(handle_.get(), name_of(statement.id).c_str(), statement.sql.c_str(),
                                      static_cast<int>(statement.parameter_types.size()),
                                      statement.parameter_types.data()));
  if (!succeeded(result.get())) fail(result.get(), statement.sql);
  prepared_.insert(statement.id);
}

void PostgresConnection::send(const Step& step) {
  const Statement& statement = *step.statement;
  prepare(statement);
  binder_.start(statement);
  if (step.bind) step.bind(binder_);
  const PostgresBinder::Sent sent = binder_.finish();
  const int sending =
      statement.id == 0 || !may_prepare_
          ? PQsendQueryParams(handle_.get(), statement.sql.c_str(), binder_.count(), statement.parameter_types.data(),
                              sent.values, sent.lengths, sent.formats, text_format)
          : PQsendQueryPrepared(handle_.get(), name_of(statement.id).c_str(), binder_.count(), sent.values,
                                sent.lengths, sent.formats, text_format);
  if (sending == 0) throw lost_error(handle_.get(), statement.sql);
  if (step.sink != nullptr) PQsetSingleRowMode(handle_.get());
}

std::int64_t PostgresConnection::run(const Step& step) {
  heed_interruption();
  send(step);
  Answers answers(handle_.get());
  std::int64_t changed = 0;
  bool wanted = step.sink != nullptr, started = false;
  while (pg_result* result = answers.next()) {
    if (PQresultStatus(result) != PGRES_SINGLE_TUPLE) {
      if (!succeeded(result)) fail(result, step.statement->sql);
      changed = rows_written(result);
      continue;
    }
    if (!wanted) continue;
    if (!std::exchange(started, true)) reader_.start(result);
    wanted = step.sink->row(reader_.read(result, 0));
  }
  return changed;
}

std::int64_t PostgresConnection::copy(const std::string& statement, std::string_view rows) {
  constexpr std::size_t slice_bytes = std::size_t{1} << 16U;
  heed_interruption();
  const ResultHandle begun(PQexec(handle_.get(), statement.c_str()));
  if (PQresultStatus(begun.get()) != PGRES_COPY_IN) fail(begun.get(), statement);
  while (!rows.empty()) {
    const std::string_view slice = rows.substr(0, slice_bytes);
    if (PQputCopyData(handle_.get(), slice.data(), static_cast<int>(slice.size())) != 1) break;  // the result says why
    rows.remove_prefix(slice.size());
  }
  PQputCopyEnd(handle_.get(), nullptr);
  Answers answers(handle_.get());
  std::int64_t count = 0;
  while (pg_result* result = answers.next()) {
    if (succeeded(result)) {
      count = rows_written(result);
      continue;
    }
    const std::uint32_t row = report_of(result).copy_row;
    try {
      fail(result, statement);
    } catch (Error& failure) {
      throw std::move(failure.at({.file = "", .line = row, .column = 0}));
    }
  }
  return count;
}

void PostgresConnection::control(const char* sql) {
  const ResultHandle result(PQexec(handle_.get(), sql));
  if (!succeeded(result.get())) fail(result.get(), sql);
}

void PostgresConnection::begin(Mode mode) {
  const PGTransactionStatusType status = PQtransactionStatus(handle_.get());
  if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
    throw Error(ErrorKind::internal, "a transaction is open already");
  }
  control(mode == Mode::read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                             : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  if (!may_prepare_) control(find_functions(true).c_str());
}

void PostgresConnection::commit() {
  const ResultHandle result(PQexec(handle_.get(), "COMMIT"));
  if (PQstatus(handle_.get()) == CONNECTION_BAD) throw unknown_commit_error();
  if (!succeeded(result.get())) fail(result.get(), "COMMIT");
  if (std::string_view(PQcmdStatus(result.get())) == "ROLLBACK") {
    throw Error(ErrorKind::internal, "the transaction had failed already and was rolled back");
  }
}

void PostgresConnection::rollback() noexcept {
  const PGTransactionStatusType status = PQtransactionStatus(handle_.get());
  if (status != PQTRANS_INTRANS && status != PQTRANS_INERROR) return;
  const ResultHandle ignored(
      PQexec(handle_.get(), "ROLLBACK"));  // if it fails, the connection is gone, and with it all
}

Catalog PostgresConnection::catalog() { return read_catalog(handle_.get()); }

std::unique_ptr<Connection> open_connection(const Location& location, const DatabaseOptions& options) {
  return std::make_unique<PostgresConnection>(settings_of(location, options, Role::command), options.prepared);
}

}  // namespace freshet::db::postgres
