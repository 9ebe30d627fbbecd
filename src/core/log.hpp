#pragma once
// The log of the process: a value that is passed to what writes to it, not a global. Readable lines on a terminal, one
// JSON object a line otherwise. Thread-safe; lines go to stderr, so that stdout stays a command's answer.
// Access lines are not written here (http/access_log.hpp).

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace freshet {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
enum class LogFormat : std::uint8_t { automatic, pretty, json };

class Log {
 public:
  Log(LogLevel level, LogFormat format);

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write_if(LogLevel::debug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write_if(LogLevel::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    write_if(LogLevel::warning, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write_if(LogLevel::error, format, std::forward<Args>(args)...);
  }

  [[nodiscard]] bool enabled(LogLevel level) const noexcept;
  void set_level(LogLevel level) const noexcept;

 private:
  template <class... Args>
  void write_if(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  void write(LogLevel level, std::string_view text) const;

  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// An error as the log and the terminal show it: message, place, the source line with a caret, the hint and the detail.
[[nodiscard]] std::string describe(const Error& error);

}  // namespace freshet
