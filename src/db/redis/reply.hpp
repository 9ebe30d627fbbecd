#pragma once
// What Redis answers.

#include <cstdint>
#include <string>
#include <vector>

namespace freshet::db::redis {

struct Reply {
  enum class Type : std::uint8_t { nil, integer, string, status, error, array };

  Type type = Type::nil;
  std::int64_t integer = 0;
  std::string text;          // of string, status ("OK") and error ("WRONGPASS …")
  std::vector<Reply> items;  // of array

  [[nodiscard]] bool is_nil() const noexcept { return type == Type::nil; }
  [[nodiscard]] bool is_string() const noexcept { return type == Type::string; }
  [[nodiscard]] bool is_integer() const noexcept { return type == Type::integer; }
  [[nodiscard]] bool is_error() const noexcept { return type == Type::error; }
  [[nodiscard]] bool is_array() const noexcept { return type == Type::array; }
  [[nodiscard]] bool is_ok() const noexcept { return type == Type::status && text == "OK"; }
  friend bool operator==(const Reply&, const Reply&) = default;
};

/// One for each command of a request, in their order.
using Replies = std::vector<Reply>;

}  // namespace freshet::db::redis
