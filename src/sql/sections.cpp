#include "sql/sections.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace freshet::sql {
namespace {

class Splitter {
 public:
  Splitter(std::string_view text, bool (*is_directive)(std::string_view), Reporter& report)
      : text_(text), is_directive_(is_directive), report_(report), boundary_(text) {}

  std::vector<Section> run() {
    Lexer lexer(text_);
    Token token;
    while (lexer.next(token)) {
      if (token.kind == TokenKind::comment) {
        see_comment(token);
      } else {
        see_token(token);
      }
    }
    finish_section();
    return std::move(sections_);
  }

 private:
  [[nodiscard]] bool in_statement() const { return section_.statement.length != 0; }

  void see_token(const Token& token) {
    if (token.kind == TokenKind::unterminated) report_unterminated(token);
    if (is_punctuation(text_, token, ';') && boundary_.ends_at_semicolon()) {
      if (in_statement()) finish_section();
      return;
    }
    if (!in_statement()) section_.statement.offset = token.offset;
    section_.statement.length = token.end() - section_.statement.offset;
    boundary_.see(token);
  }

  void see_comment(const Token& token) {
    const std::string_view raw = text_of(text_, token);
    if (!raw.starts_with("--")) return;
    Comment comment{.words = {.text = raw.substr(2), .offset = token.offset + 2}};
    if (comment.words.text.starts_with(' ')) {
      comment.words.text.remove_prefix(1);
      ++comment.words.offset;
    }
    while (!comment.words.text.empty() &&
           std::string_view(" \t\r").find(comment.words.text.back()) != std::string_view::npos) {
      comment.words.text.remove_suffix(1);
    }
    comment.after_blank_line = follows_blank_line(token.offset);
    const Word directive = comment.directive();
    if (in_statement()) {
      if (directive.text == "name" && first_on_line(token.offset) && boundary_.ends_at_semicolon()) {
        finish_section();
      } else {
        if (!directive.empty() && is_directive_(directive.text)) {
          report_.error(directive.offset - 1, fmt::format("`@{}` in the middle of a statement", directive.text),
                        "directives stand in the comments before a statement; a ';' ends the one above");
        }
        return;
      }
    }
    if (directive.text == "name" && has_name_) finish_section();
    if (directive.text == "name") has_name_ = true;
    section_.comments.push_back(comment);
  }

  void finish_section() {
    if (in_statement() || !section_.comments.empty()) sections_.push_back(std::move(section_));
    section_ = {};
    boundary_ = StatementBoundary(text_);
    has_name_ = false;
  }

  void report_unterminated(const Token& token) {
    const char quote = text_[token.offset];
    report_.error(token.offset, quote == '/' ? "this comment never ends" : "this quoted text never ends",
                  quote == '/' ? "comments nest: each `/*` needs its own `*/`" : "");
  }

  [[nodiscard]] std::string_view line_before(std::size_t offset) const {
    const std::size_t line_break = text_.substr(0, offset).rfind('\n');
    return text_.substr(line_break == std::string_view::npos ? 0 : line_break + 1,
                        offset - (line_break == std::string_view::npos ? 0 : line_break + 1));
  }
  [[nodiscard]] bool first_on_line(std::size_t offset) const { return trim(line_before(offset)).empty(); }
  [[nodiscard]] bool follows_blank_line(std::size_t offset) const {
    const std::size_t start = offset - line_before(offset).size();
    return start != 0 && trim(line_before(start - 1)).empty();
  }

  std::string_view text_;
  bool (*is_directive_)(std::string_view);
  Reporter& report_;
  StatementBoundary boundary_;
  std::vector<Section> sections_;
  Section section_;
  bool has_name_ = false;  // the open section has an @name
};

}  // namespace

Word Comment::directive() const noexcept {
  Cursor cursor(words);
  return cursor.take("@") ? cursor.name() : Word{};
}

Word Comment::arguments() const noexcept {
  Cursor cursor(words);
  cursor.take("@");
  static_cast<void>(cursor.name());
  return cursor.rest();
}

std::vector<Section> split_sections(std::string_view text, bool (*is_directive)(std::string_view), Reporter& report) {
  return Splitter(text, is_directive, report).run();
}

}  // namespace freshet::sql
