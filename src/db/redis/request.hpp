#pragma once
// Commands on their way to Redis: one or several that go out together and are answered in one round trip, each by a
// reply of its own. Nothing comes between them on the connection, but others' commands may on the server.

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace freshet::db::redis {

class Request {
 public:
  Request() = default;
  /// One command: its name and its arguments, texts or integers.
  template <class... Arguments>
  explicit Request(std::string_view name, const Arguments&... arguments) {
    add(name, arguments...);
  }

  /// One more command.
  template <class... Arguments>
  Request& add(std::string_view name, const Arguments&... arguments) {
    ++commands_;
    fmt::format_to(std::back_inserter(bytes_), "*{}\r\n", 1 + sizeof...(arguments));
    put(name);
    (put(arguments), ...);
    return *this;
  }

  [[nodiscard]] unsigned commands() const noexcept { return commands_; }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  void put(std::string_view argument) {
    fmt::format_to(std::back_inserter(bytes_), "${}\r\n", argument.size());
    bytes_.append(argument).append("\r\n");
  }
  template <std::integral Number>
  void put(Number number) {
    const fmt::format_int digits(number);
    put(std::string_view(digits.data(), digits.size()));
  }

  std::string bytes_;
  unsigned commands_ = 0;
};

}  // namespace freshet::db::redis
