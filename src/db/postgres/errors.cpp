#include "db/postgres/errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "db/constraint_errors.hpp"

#include <libpq-fe.h>

namespace freshet::db::postgres {
namespace {

constexpr std::size_t sql_logged_max = 2'000;

std::string field(const pg_result* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::string detail_of(const Report& report, std::string_view sql) {
  std::string detail = fmt::format("PostgreSQL {}: {}", report.sqlstate, report.message);
  if (!report.detail.empty()) detail += fmt::format("; {}", report.detail);
  if (!report.hint.empty()) detail += fmt::format("; {}", report.hint);
  if (!sql.empty()) detail += fmt::format("; statement: {}", sql.substr(0, sql_logged_max));
  return detail;
}

/// "Key (a, b)=(1, 2) already exists." → a, b, in whatever language the rest is. Nothing for an index on expressions.
std::vector<std::string> columns_of_key(std::string_view detail) {
  std::vector<std::string> columns;
  const std::size_t open = detail.find('(');
  const std::size_t close = detail.find(")=(");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return columns;
  std::string_view list = detail.substr(open + 1, close - open - 1);
  if (list.find_first_of("()") != std::string_view::npos) return columns;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(", "), list.size());
    std::string_view name = list.substr(0, comma);
    if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    columns.emplace_back(name);
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  return columns;
}

std::vector<std::string> column_if_named(const Report& report) {
  return report.column.empty() ? std::vector<std::string>() : std::vector<std::string>{report.column};
}

/// "COPY people, line 7, column age: …" → 7, in whatever language "line" is said.
std::uint32_t row_of_copy(std::string_view context) {
  std::uint32_t row = 0;
  if (!context.starts_with("COPY ")) return row;
  const std::size_t comma = context.find(", ");
  if (comma == std::string_view::npos) return row;
  const std::size_t digit = context.find_first_of("0123456789", comma);
  if (digit != std::string_view::npos) std::from_chars(context.data() + digit, context.data() + context.size(), row);
  return row;
}

Error interrupted_error(Interruption why) {
  switch (why) {
    case Interruption::closing:
      return Error(ErrorKind::unavailable, "the server is shutting down").retry_after(1);
    case Interruption::cancelled:
      return Error(ErrorKind::cancelled, "the request was cancelled");
    case Interruption::none:  // the server's own statement_timeout, or its administrator
    case Interruption::timeout:
      break;
  }
  return Error(ErrorKind::timeout, "the database took too long to answer")
      .hinting("ask for less, or try again later")
      .retry_after(1);
}

/// Faults by the beginning of their SQLSTATE; the first that fits counts. `remedy` is for whoever reads the log.
struct Fault {
  std::string_view state;
  ErrorKind kind;
  const char* message;
  const char* remedy;
  unsigned retry_after_s;
};

constexpr std::array faults = {
    Fault{"40", ErrorKind::unavailable, "somebody else is changing the same data", "transactions in each other's way",
          1},
    Fault{"55P03", ErrorKind::unavailable, "the database is busy", "a lock was not to be had in time", 1},
    Fault{"25006", ErrorKind::unavailable, "the database cannot be written to",
          "a read-only server or transaction: a standby, read_only = true, or a GET endpoint whose function writes",
          30},
    Fault{"53100", ErrorKind::unavailable, "the database has no room left", "free space on the server's disk", 30},
    Fault{"53300", ErrorKind::unavailable, "the database has too many connections",
          "raise max_connections of the server, or lower database.pool.size and overflow", 1},
    Fault{"53", ErrorKind::unavailable, "the database is out of resources", "the server lacks memory or disk", 5},
    Fault{"57", ErrorKind::unavailable, "the database is not available", "the server stops, starts or was told to", 1},
    Fault{"58", ErrorKind::unavailable, "the database could not be read or written", "the server's disk: its log", 5},
    Fault{"08", ErrorKind::unavailable, "the database is not available", "the connection broke", 1},
    Fault{"42501", ErrorKind::internal, "the database refused a statement", "GRANT what the server's role needs", 0},
    Fault{"XX001", ErrorKind::internal, "the database is damaged", "see the server's log; restore a backup", 0},
    Fault{"XX002", ErrorKind::internal, "the database is damaged", "REINDEX the index that its log names", 0},
    Fault{"22012", ErrorKind::unprocessable, "the values lead to a division by zero", "see the statement", 0},
    Fault{"22", ErrorKind::unprocessable, "a value does not fit the database", "a value of a wrong form or range", 0},
};

Error fault_error(const Report& report, std::string detail) {
  const auto found = std::ranges::find_if(
      faults, [&](const Fault& fault) { return std::string_view(report.sqlstate).starts_with(fault.state); });
  if (found == faults.end()) {
    return Error(ErrorKind::internal, "the database refused a statement").detailing(std::move(detail));
  }
  return Error(found->kind, found->message)
      .detailing(fmt::format("{}. {}", found->remedy, detail))
      .retry_after(found->retry_after_s);
}

}  // namespace

Report report_of(const pg_result* result) {
  Report report;
  report.sqlstate = field(result, PG_DIAG_SQLSTATE);
  report.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (report.message.empty()) report.message = trim(PQresultErrorMessage(result));
  report.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  report.hint = field(result, PG_DIAG_MESSAGE_HINT);
  report.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  report.column = field(result, PG_DIAG_COLUMN_NAME);
  report.datatype = field(result, PG_DIAG_DATATYPE_NAME);
  const std::string position = field(result, PG_DIAG_STATEMENT_POSITION);
  std::from_chars(position.data(), position.data() + position.size(), report.position);
  report.copy_row = row_of_copy(field(result, PG_DIAG_CONTEXT));
  return report;
}

Aftermath aftermath_of(const Report& report) noexcept {
  const std::string_view state = report.sqlstate;
  if (state.empty() || state.starts_with("08") || state.starts_with("57P")) return Aftermath::lost;
  if (state.starts_with("XX001") || state.starts_with("25P03")) return Aftermath::lost;
  if (state == "26000") return Aftermath::settings_gone;
  if (state == "40001" || state == "40P01") return Aftermath::try_again;
  // The only 0A000 that a statement which has been verified can meet. Its words depend on the server's language.
  return state == "0A000" ? Aftermath::stale_plan : Aftermath::usable;
}

Error error_from(const Report& report, std::string_view sql, Interruption why) {
  const std::string_view state = report.sqlstate;
  std::string detail = detail_of(report, sql);
  const auto with_detail = [&](Error error) { return std::move(error).detailing(std::move(detail)); };
  if (state == "57014") return with_detail(interrupted_error(why));
  if (state == "23505" || state == "23P01") return with_detail(unique_error(columns_of_key(report.detail)));
  if (state == "23503") return with_detail(foreign_key_error());
  if (state == "23514") return with_detail(check_error(report.constraint));
  if (state == "23502") return with_detail(not_null_error(column_if_named(report)));
  if (state.starts_with("23")) return with_detail(check_error({}));
  if (state == "21000") return with_detail(unique_error({}));  // ON CONFLICT met the same key twice
  if (state == "P0001") return with_detail(Error(ErrorKind::unprocessable, report.message));
  return fault_error(report, std::move(detail));
}

Error lost_error(const pg_conn* handle, std::string_view sql) {
  const std::string_view said = handle == nullptr ? "" : trim(PQerrorMessage(handle));
  return Error(ErrorKind::unavailable, "the database is not available")
      .detailing(fmt::format("the connection to PostgreSQL was lost: {}{}{}", said,
                             sql.empty() ? "" : "; statement: ", sql.substr(0, sql_logged_max)))
      .retry_after(1);
}

Error unknown_commit_error() {
  return Error(ErrorKind::unavailable, "the database was lost while this was being saved: it may have been, or not")
      .hinting("look whether it is there before trying again")
      .retry_after(1);
}

Error open_error(const pg_conn* handle, std::string_view shown) {
  // libpq keeps the server's report only as text, which names hosts and users, and never the password.
  const std::string said(trim(PQerrorMessage(handle)));
  const bool missing = said.find("does not exist") != std::string::npos;
  const bool refused_login = said.find("authentication failed") != std::string::npos ||
                             said.find("no password supplied") != std::string::npos ||
                             said.find("pg_hba.conf") != std::string::npos ||
                             said.find("certificate") != std::string::npos;
  const bool bad_setting = said.find("invalid ") != std::string::npos && said.find("value") != std::string::npos;
  if (missing || refused_login || bad_setting) {
    return Error(ErrorKind::config, fmt::format("cannot open the database {}: {}", shown, said))
        .hinting(missing ? "create it: createdb NAME, createuser NAME"
                         : "look at database.url, the PG* variables and ~/.pgpass");
  }
  return Error(ErrorKind::unavailable, "the database is not available")
      .detailing(fmt::format("cannot connect to {}: {}", shown, said))
      .hinting("is the server running, and does it take connections there?")
      .retry_after(1);
}

std::size_t byte_offset(std::string_view sql, std::size_t position) noexcept {
  if (position == 0) return std::string_view::npos;
  std::size_t offset = 0;
  for (std::size_t left = position - 1; left > 0 && offset < sql.size(); --left) {
    ++offset;
    while (offset < sql.size() && (static_cast<unsigned char>(sql[offset]) & 0xc0U) == 0x80U) ++offset;
  }
  return offset;
}

}  // namespace freshet::db::postgres
