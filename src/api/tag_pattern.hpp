#pragma once
// Tags as people write them, to say what is to be made anew: `transactions`, `transactions[month=2025-01]`, `budget`.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet::api {

struct TagPattern {
  std::string name;                                          // of a table, or a manual tag
  std::vector<std::pair<std::string, std::string>> columns;  // with their values; none: all of the table

  /// `text` as feed::Tag::text has it: a comma, bracket or backslash in a value stands behind a backslash. Throws
  /// bad_request with what is wrong.
  [[nodiscard]] static TagPattern parse(std::string_view text);

  /// True if there can be a row in both: of the same name, and no column has two values. The case of letters does not
  /// matter, so that at worst too much is made anew.
  [[nodiscard]] bool overlaps(const TagPattern& other) const;
};

}  // namespace freshet::api
