#pragma once
// JSON as text, piece by piece: what parse_json needs without building a tree and without touching the digits of
// numbers. No recursion: depth is bounded by an argument, not by the stack.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::sql {

/// The same JSON without blanks between its tokens; nullopt if it is not JSON (RFC 8259) or nests deeper than
/// `depth_max`. O(n).
[[nodiscard]] std::optional<std::string> compact_json(std::string_view json, unsigned depth_max);

/// True if `text` is a JSON number.
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

/// The characters of a JSON string, quotes included in `json`. nullopt if it is not one. A lone surrogate becomes
/// U+FFFD.
[[nodiscard]] std::optional<std::string> unquote_json(std::string_view json);

/// The items of a JSON array as they stand in `json`, trimmed; at most `count_max` + 1 of them. nullopt if it is not an
/// array. Items are told apart by their brackets and quotes only: each has yet to be parsed.
[[nodiscard]] std::optional<std::vector<std::string_view>> json_items(std::string_view json, std::size_t count_max);

}  // namespace freshet::sql
