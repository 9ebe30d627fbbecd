#pragma once
// What PostgreSQL reports, as Errors: for a client in `message`, for the log in `log_detail`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"

struct pg_conn;
struct pg_result;

namespace freshet::db::postgres {

/// Who stopped a statement, if one of ours did.
enum class Interruption : std::uint8_t { none, timeout, cancelled, closing };

/// The fields of a failure that decide anything. No sqlstate: the connection is gone.
struct Report {
  std::string sqlstate{}, message{}, detail{}, hint{}, constraint{}, column{}, datatype{};
  std::size_t position = 0;    // in the statement, in characters from 1; 0: not said
  std::uint32_t copy_row = 0;  // of a COPY, from 1; 0: not about one
};
[[nodiscard]] Report report_of(const pg_result* result);

/// What a connection is good for after a failure, and what the failure means for whoever ran the statement.
enum class Aftermath : std::uint8_t {
  usable,         // the statement failed, the connection is fine
  stopped,        // by us, or with its commit's fate unknown: nothing is tried again
  lost,           // the connection is gone, or about to be: the server stops, or was stopped
  stale_plan,     // the prepared statement is no more what it was: it has to be prepared again
  try_again,      // two transactions were in each other's way: the same work may go through now
  settings_gone,  // not prepared here: another server process stands behind the connection
};
[[nodiscard]] Aftermath aftermath_of(const Report& report) noexcept;

/// `message()` never holds SQL text, values or names of the server, with one exception: what an app's function or
/// trigger says in RAISE goes to the client, as its author meant it to.
[[nodiscard]] Error error_from(const Report& report, std::string_view sql, Interruption why);

/// The connection is gone in the middle of a statement: unavailable, with Retry-After.
[[nodiscard]] Error lost_error(const pg_conn* handle, std::string_view sql);
/// The connection was lost while a transaction was being committed.
[[nodiscard]] Error unknown_commit_error();

/// Why no connection could be made: unavailable, with Retry-After, where trying again makes sense (nobody listens, the
/// server starts or has too many connections), else config with a hint.
[[nodiscard]] Error open_error(const pg_conn* handle, std::string_view shown);

/// The byte at which character `position` (from 1) of `sql` starts; npos for 0.
[[nodiscard]] std::size_t byte_offset(std::string_view sql, std::size_t position) noexcept;

}  // namespace freshet::db::postgres
