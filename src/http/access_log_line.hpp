#pragma once
// How a finished request reads in the access log. Pure: a record and a time in, a line out.

#include <chrono>
#include <string_view>

#include "core/bytes.hpp"
#include "http/server.hpp"

namespace freshet::http {

using LogTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Renders times; keeps the text of the current second, because it is asked for the same one thousands of times.
class LogClock {
 public:
  /// "2026-11-24T05:34:19.042Z"; valid until the next call.
  [[nodiscard]] std::string_view full(LogTime time);
  /// "05:34:19.042" of the same.
  [[nodiscard]] std::string_view short_form(LogTime time) { return full(time).substr(11, 12); }

 private:
  char text_[25] = "0000-00-00T00:00:00.000Z";
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
};

/// One JSON object and a line end. Absent: what is empty or zero (query, route, error, database times).
void append_json_line(Bytes& out, const AccessRecord& record, std::string_view time);

/// For people: time, status, method, target, duration, size, time in the database, error. `colour`: ANSI escapes.
/// Control characters of the request are escaped, so that no request can write to the terminal.
void append_pretty_line(Bytes& out, const AccessRecord& record, std::string_view time, bool colour);

}  // namespace freshet::http
