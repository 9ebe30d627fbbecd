#pragma once
// Rows in the text form of PostgreSQL's COPY, gathered and sent together: an INSERT for each would be a round trip for
// each.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace freshet::db {

/// Appends one line: \N for NULL, tabs between the fields, what would be mistaken for either escaped. Throws
/// unprocessable for a text with a NUL character.
void append_copy_row(std::string& out, Row row);

/// COPY "table" ("a", "b") FROM STDIN.
[[nodiscard]] std::string copy_statement(std::string_view table, std::span<const std::string> columns);

/// The lines of a COPY that have not been sent yet.
class CopyRows {
 public:
  void add(Row row) {
    append_copy_row(text_, row);
    ends_.push_back(text_.size());
  }
  void clear() noexcept {
    text_.clear();
    ends_.clear();
  }
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] bool full() const noexcept { return text_.size() >= bytes_max; }
  /// Lines `begin` to `end`, without the latter.
  [[nodiscard]] std::string_view lines(std::size_t begin, std::size_t end) const {
    const std::size_t from = begin == 0 ? 0 : ends_[begin - 1];
    return std::string_view(text_).substr(from, end == begin ? 0 : ends_[end - 1] - from);
  }

 private:
  static constexpr std::size_t bytes_max = std::size_t{1} << 18U;
  std::string text_;
  std::vector<std::size_t> ends_;
};

}  // namespace freshet::db
