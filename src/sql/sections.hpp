#pragma once
// An endpoint file cut into sections: the comments that stand before a statement, and the statement.

#include <cstddef>
#include <string_view>
#include <vector>

#include "sql/directive_cursor.hpp"
#include "sql/lexer.hpp"

namespace freshet::sql {

/// One `--` comment, without the dashes and the blank after them.
struct Comment {
  Word words;
  bool after_blank_line = false;  // a gap in the file ends a paragraph
  /// `@name` at its front (without '@'), or empty for prose.
  [[nodiscard]] Word directive() const noexcept;
  /// What follows the directive's name.
  [[nodiscard]] Word arguments() const noexcept;
};

struct Section {
  std::vector<Comment> comments;
  StatementSpan statement;  // length 0: none follows (end of the file, or another @name)
};

/// A statement ends at its ';' or before a comment `-- @name`. Directives in the middle of a statement and quotes that
/// never end are reported. `is_directive` says which words after '@' are directives.
[[nodiscard]] std::vector<Section> split_sections(std::string_view text, bool (*is_directive)(std::string_view),
                                                  Reporter& report);

}  // namespace freshet::sql
