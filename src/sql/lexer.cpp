#include "sql/lexer.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace freshet::sql {
namespace {

constexpr bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_word_character(char c) noexcept { return is_letter(c) || is_digit(c); }
// Names of placeholders are plain: they are JSON members and query parameters too.
constexpr bool is_name_start(char c) noexcept { return is_letter(c) && static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_name_character(char c) noexcept { return is_name_start(c) || is_digit(c); }
constexpr bool is_operator(char c) noexcept {
  return std::string_view("+-*/<>=~!@#%^&|`?:").find(c) != std::string_view::npos;
}
constexpr bool is_punctuation_character(char c) noexcept {
  return std::string_view("()[],;.").find(c) != std::string_view::npos;
}

}  // namespace

bool Lexer::next(Token& token) noexcept {
  const std::size_t before = position_;
  while (position_ < sql_.size() && is_blank(sql_[position_])) ++position_;
  if (position_ != before) subscriptable_ = false;
  if (position_ >= sql_.size()) return false;
  token.offset = position_;

  const char c = sql_[position_];
  const char following = at(position_ + 1);
  if (is_letter(c)) {
    read_word(token);
  } else if (is_digit(c) || (c == '.' && is_digit(following))) {
    read_number(token);
  } else if (c == '\'') {
    read_quoted(token, '\'', TokenKind::string, false);
  } else if (c == '"' || c == '`') {
    read_quoted(token, c, TokenKind::identifier, false);
  } else if (c == '-' && following == '-') {
    read_line_comment(token);
  } else if (c == '/' && following == '*') {
    read_block_comment(token);
  } else if (c == ':') {
    read_colon(token);
  } else if (c == '$') {
    read_dollar(token);
  } else if (c == '?' && is_digit(following)) {
    std::size_t end = position_ + 1;
    while (is_digit(at(end))) ++end;
    finish(token, TokenKind::positional, end);
  } else if (c == '[') {
    read_bracket(token);
  } else if (is_punctuation_character(c)) {
    finish(token, TokenKind::punctuation, position_ + 1);
  } else {
    read_operator(token);
  }
  subscriptable_ = token.kind == TokenKind::word || token.kind == TokenKind::identifier ||
                   (token.kind == TokenKind::punctuation && (c == ')' || c == ']'));
  return true;
}

void Lexer::finish(Token& token, TokenKind kind, std::size_t end) noexcept {
  token.kind = kind;
  token.length = end - token.offset;
  position_ = end;
}

// The opening quote is at position_; a doubled quote stands for itself.
void Lexer::read_quoted(Token& token, char quote, TokenKind kind, bool backslash_escapes) noexcept {
  for (std::size_t end = position_ + 1; end < sql_.size(); ++end) {
    if (backslash_escapes && sql_[end] == '\\') {
      ++end;
    } else if (sql_[end] == quote) {
      if (at(end + 1) != quote) return finish(token, kind, end + 1);
      ++end;
    }
  }
  finish(token, TokenKind::unterminated, sql_.size());
}

// A word, or a string with a prefix: E'…', x'…', N'…', U&'…'.
void Lexer::read_word(Token& token) noexcept {
  std::size_t end = position_ + 1;
  while (end < sql_.size() && (is_word_character(sql_[end]) || sql_[end] == '$')) ++end;
  const char prefix = static_cast<char>(sql_[position_] | 0x20);
  const std::size_t length = end - position_;
  const bool one_letter =
      length == 1 && at(end) == '\'' && std::string_view("ebxn").find(prefix) != std::string_view::npos;
  const bool unicode = length == 1 && prefix == 'u' && at(end) == '&' && (at(end + 1) == '\'' || at(end + 1) == '"');
  if (!one_letter && !unicode) return finish(token, TokenKind::word, end);
  position_ = unicode ? end + 1 : end;
  const char quote = at(position_);
  read_quoted(token, quote, quote == '"' ? TokenKind::identifier : TokenKind::string, prefix == 'e');
}

void Lexer::read_number(Token& token) noexcept {
  std::size_t end = position_;
  if (at(end) == '0' && (at(end + 1) | 0x20) == 'x') {
    end += 2;
    while (is_word_character(at(end))) ++end;
    return finish(token, TokenKind::number, end);
  }
  while (is_digit(at(end)) || at(end) == '_') ++end;
  if (at(end) == '.') {
    ++end;
    while (is_digit(at(end)) || at(end) == '_') ++end;
  }
  if ((at(end) | 0x20) == 'e') {
    const std::size_t sign = at(end + 1) == '-' || at(end + 1) == '+' ? 1 : 0;
    if (is_digit(at(end + 1 + sign))) {
      end += 1 + sign;
      while (is_digit(at(end))) ++end;
    }
  }
  finish(token, TokenKind::number, end);
}

void Lexer::read_colon(Token& token) noexcept {
  if (at(position_ + 1) == ':' || at(position_ + 1) == '=') return finish(token, TokenKind::operation, position_ + 2);
  if (!is_name_start(at(position_ + 1))) return finish(token, TokenKind::operation, position_ + 1);
  std::size_t end = position_ + 1;
  while (is_name_character(at(end))) ++end;
  if (at(end) == '.' && is_name_start(at(end + 1))) {
    ++end;
    while (is_name_character(at(end))) ++end;
  }
  finish(token, TokenKind::placeholder, end);
}

void Lexer::read_dollar(Token& token) noexcept {
  std::size_t end = position_ + 1;
  if (is_digit(at(end))) {
    while (is_digit(at(end))) ++end;
    return finish(token, TokenKind::positional, end);
  }
  while (is_word_character(at(end))) ++end;
  if (at(end) != '$') {  // SQLite's `$name`
    return finish(token, end == position_ + 1 ? TokenKind::operation : TokenKind::positional, end);
  }
  const std::string_view tag = sql_.substr(position_, end + 1 - position_);
  const std::size_t close = sql_.find(tag, end + 1);
  if (close == std::string_view::npos) return finish(token, TokenKind::unterminated, sql_.size());
  finish(token, TokenKind::string, close + tag.size());
}

void Lexer::read_bracket(Token& token) noexcept {
  if (subscriptable_) return finish(token, TokenKind::punctuation, position_ + 1);
  const std::size_t close = sql_.find(']', position_);
  if (close == std::string_view::npos) return finish(token, TokenKind::unterminated, sql_.size());
  finish(token, TokenKind::identifier, close + 1);
}

void Lexer::read_line_comment(Token& token) noexcept {
  finish(token, TokenKind::comment, std::min(sql_.find('\n', position_), sql_.size()));
}

void Lexer::read_block_comment(Token& token) noexcept {
  std::size_t depth = 1;
  std::size_t end = position_ + 2;
  for (; depth != 0 && end < sql_.size(); ++end) {
    if (sql_[end] == '*' && at(end + 1) == '/') {
      --depth;
      ++end;
    } else if (sql_[end] == '/' && at(end + 1) == '*') {
      ++depth;
      ++end;
    }
  }
  finish(token, depth == 0 ? TokenKind::comment : TokenKind::unterminated, std::min(end, sql_.size()));
}

// Operators run together (`->>`, `||`), but never into a comment, a quote or a placeholder.
void Lexer::read_operator(Token& token) noexcept {
  std::size_t end = position_ + 1;
  while (is_operator(sql_[position_]) && is_operator(at(end)) && at(end) != '`' && at(end) != ':') {
    const char c = at(end);
    if ((c == '-' && at(end + 1) == '-') || (c == '/' && at(end + 1) == '*')) break;
    if (c == '?' && is_digit(at(end + 1))) break;
    // A sign after an operator belongs to what follows: `a =-1`, `a*-:b`.
    if (c == '-' || c == '+') break;
    ++end;
  }
  // The arrows of JSON are the exception: they begin with '-'.
  if (sql_[position_] == '-' && at(position_ + 1) == '>') end = position_ + (at(position_ + 2) == '>' ? 3 : 2);
  finish(token, TokenKind::operation, end);
}

std::vector<Token> tokenize(std::string_view sql) {
  std::vector<Token> tokens;
  Lexer lexer(sql);
  Token token;
  while (lexer.next(token)) {
    if (token.kind != TokenKind::comment) tokens.push_back(token);
  }
  return tokens;
}

bool is_word(std::string_view sql, const Token& token, std::string_view keyword) noexcept {
  return token.kind == TokenKind::word && equal_ignoring_case(text_of(sql, token), keyword);
}

bool is_punctuation(std::string_view sql, const Token& token, char character) noexcept {
  return token.kind == TokenKind::punctuation && sql[token.offset] == character;
}

void StatementBoundary::see(const Token& token) noexcept {
  if (is_punctuation(sql_, token, '(')) ++parentheses_;
  if (is_punctuation(sql_, token, ')') && parentheses_ != 0) --parentheses_;
  see_word(token.kind == TokenKind::word ? text_of(sql_, token) : std::string_view());
  ++count_;
}

void StatementBoundary::see_word(std::string_view word) noexcept {
  const auto is = [&](std::string_view keyword) { return equal_ignoring_case(word, keyword); };
  constexpr std::size_t header_words_max = 4;
  if (count_ == 0) create_ = is("CREATE");
  // CREATE [OR REPLACE] [TEMP | TEMPORARY | CONSTRAINT] TRIGGER | FUNCTION | PROCEDURE | RULE
  if (create_ && !trigger_ && !routine_ && !rule_ && count_ > 0 && count_ <= header_words_max) {
    trigger_ = is("TRIGGER");
    routine_ = is("FUNCTION") || is("PROCEDURE");
    rule_ = is("RULE");
    create_ =
        trigger_ || routine_ || rule_ || is("OR") || is("REPLACE") || is("TEMP") || is("TEMPORARY") || is("CONSTRAINT");
    return;
  }
  if (blocks_ == 0) {
    if ((trigger_ && is("BEGIN")) || (routine_ && begin_ && is("ATOMIC"))) blocks_ = 1;
    begin_ = is("BEGIN");
  } else if (is("CASE")) {
    ++blocks_;
  } else if (is("END")) {
    --blocks_;
  }
}

std::vector<StatementSpan> split_statements(std::string_view script) {
  std::vector<StatementSpan> statements;
  StatementBoundary boundary(script);
  StatementSpan current;
  const auto finish = [&] {
    if (current.length != 0) statements.push_back(current);
    current = {};
    boundary = StatementBoundary(script);
  };
  for (const Token& token : tokenize(script)) {
    if (is_punctuation(script, token, ';') && boundary.ends_at_semicolon()) {
      finish();
      continue;
    }
    if (current.length == 0) current.offset = token.offset;
    current.length = token.end() - current.offset;
    boundary.see(token);
  }
  finish();
  return statements;
}

}  // namespace freshet::sql
