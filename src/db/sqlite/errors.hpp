#pragma once
// What SQLite reports, as Errors: for a client in `message`, for the log in `log_detail`.

#include <cstdint>
#include <string_view>

#include "core/error.hpp"

struct sqlite3;

namespace freshet::db::sqlite {

/// Who stopped a statement, if it was stopped.
enum class Interruption : std::uint8_t { none, timeout, cancelled, closing };

/// The error that `handle` has just reported as `code` (extended) while it ran `sql`. `message()` never holds SQL text
/// or paths, with one exception: what an app's trigger says in RAISE goes to the client, as its author meant it to.
[[nodiscard]] Error error_from(sqlite3* handle, int code, std::string_view sql, Interruption why);

/// True if the connection should not be used again: what it has seen of the file may be wrong.
[[nodiscard]] bool is_fatal(int code) noexcept;

/// True if another process or connection holds a lock, and trying again makes sense.
[[nodiscard]] bool is_busy(int code) noexcept;

/// Why the file at `path` could not be opened: kind config, with a hint.
[[nodiscard]] Error open_error(sqlite3* handle, int code, std::string_view path, bool read_only);

}  // namespace freshet::db::sqlite
