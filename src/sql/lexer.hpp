#pragma once
// SQL as tokens, for SQLite and PostgreSQL alike: enough to find placeholders and statement boundaries for certain,
// without knowing either grammar.
//
// What the two read differently is told apart by its surroundings: `[x]` is an identifier unless it follows a word or a
// closing bracket directly (then it is PostgreSQL's subscript), `"x"` is always an identifier, comments nest as in
// PostgreSQL. Nothing is copied: tokens are offsets into the text. O(n), no recursion.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace freshet::sql {

enum class TokenKind : std::uint8_t {
  word,         // keyword or identifier
  identifier,   // "x", [x], `x`
  string,       // 'x', E'x', $tag$x$tag$, x'ff'
  number,       // 12, 1.5e3, 0xff
  placeholder,  // :name, :name.column
  positional,   // ?1, $1: other people's placeholders
  punctuation,  // ( ) [ ] , ; .
  operation,    // + || ->> :: and whatever else
  comment,      // -- … to the end of the line, /* … */
  unterminated  // a string, identifier or comment that never ends
};

struct Token {
  TokenKind kind = TokenKind::operation;
  std::size_t offset = 0;
  std::size_t length = 0;
  [[nodiscard]] std::size_t end() const noexcept { return offset + length; }
};

/// Hands out the tokens of a text one by one; blanks are left out. The text must outlive the lexer.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) noexcept : sql_(sql) {}
  /// False at the end of the text.
  [[nodiscard]] bool next(Token& token) noexcept;

 private:
  void read_quoted(Token& token, char quote, TokenKind kind, bool backslash_escapes) noexcept;
  void read_word(Token& token) noexcept;
  void read_number(Token& token) noexcept;
  void read_colon(Token& token) noexcept;
  void read_dollar(Token& token) noexcept;
  void read_bracket(Token& token) noexcept;
  void read_line_comment(Token& token) noexcept;
  void read_block_comment(Token& token) noexcept;
  void read_operator(Token& token) noexcept;
  void finish(Token& token, TokenKind kind, std::size_t end) noexcept;
  [[nodiscard]] char at(std::size_t position) const noexcept { return position < sql_.size() ? sql_[position] : '\0'; }

  std::string_view sql_;
  std::size_t position_ = 0;
  bool subscriptable_ = false;  // the token before was a word, identifier or closing bracket, with nothing between
};

/// All tokens of `sql`, without comments.
[[nodiscard]] std::vector<Token> tokenize(std::string_view sql);

[[nodiscard]] inline std::string_view text_of(std::string_view sql, const Token& token) noexcept {
  return sql.substr(token.offset, token.length);
}
/// True if the token is that keyword, in any case.
[[nodiscard]] bool is_word(std::string_view sql, const Token& token, std::string_view keyword) noexcept;
/// True if the token is that one punctuation character.
[[nodiscard]] bool is_punctuation(std::string_view sql, const Token& token, char character) noexcept;

/// Follows one statement, token by token (comments left out), and knows whether a ';' would end it: CREATE TRIGGER …
/// BEGIN … END, SQL-standard function bodies (BEGIN ATOMIC … END) and CREATE RULE … ( … ; … ) hold semicolons of their
/// own.
class StatementBoundary {
 public:
  explicit StatementBoundary(std::string_view sql) noexcept : sql_(sql) {}
  [[nodiscard]] bool ends_at_semicolon() const noexcept { return blocks_ == 0 && (!rule_ || parentheses_ == 0); }
  void see(const Token& token) noexcept;

 private:
  void see_word(std::string_view word) noexcept;

  std::string_view sql_;
  std::size_t count_ = 0;
  std::size_t parentheses_ = 0;
  std::size_t blocks_ = 0;  // BEGIN … END and CASE … END that are open
  bool create_ = false, trigger_ = false, routine_ = false, rule_ = false, begin_ = false;
};

/// One statement of a script: from its first token to its last, without the ';' and without comments around it.
struct StatementSpan {
  std::size_t offset = 0;
  std::size_t length = 0;
};
/// Splits at each ';' that ends a statement, as StatementBoundary tells. Empty statements are left out.
[[nodiscard]] std::vector<StatementSpan> split_statements(std::string_view script);

}  // namespace freshet::sql
