#include "sql/infer_grammar.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "sql/lexer.hpp"

namespace freshet::sql {
namespace {

constexpr std::size_t tokens_max = 20'000;
// How deep the tree may get: brackets and operators that chain (`a + b + c` is two levels).
constexpr std::size_t depth_max = 1'000;

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view other) { return equal_ignoring_case(word, other); });
}
bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return is_one_of(word, std::span(words.begin(), words.size()));
}

// Words that may follow an item of FROM, and are not its alias.
constexpr std::array<std::string_view, 20> after_source{
    "JOIN",  "LEFT",   "RIGHT",  "FULL",  "INNER", "CROSS", "NATURAL",   "ON",     "USING",     "WHERE",
    "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "RETURNING", "SET"};

constexpr std::array<std::string_view, 3> set_operations{"UNION", "INTERSECT", "EXCEPT"};
constexpr std::array<std::string_view, 17> chaining_words{"NOT",   "AND",    "OR",      "JOIN",    "CASE", "WHEN",
                                                          "IS",    "LIKE",   "BETWEEN", "COLLATE", "IN",   "GLOB",
                                                          "MATCH", "REGEXP", "ISNULL",  "NOTNULL", "AT"};

// An upper bound of the tree's depth, without building it: each level of brackets counts what chains within it since
// the last comma, and set operations, which chain across commas.
bool nests_too_deeply(std::string_view sql, const std::vector<Token>& tokens) {
  struct Bracket {
    std::size_t links = 0;  // all that chains
    std::size_t kept = 0;   // of that, what a comma does not end
  };
  std::vector<Bracket> open(1);
  std::size_t depth = 0;  // the sum of their links
  const auto link = [&](std::size_t kept) {
    ++open.back().links;
    open.back().kept += kept;
    ++depth;
  };
  for (const Token& token : tokens) {
    const std::string_view text = text_of(sql, token);
    if (token.kind == TokenKind::operation || (token.kind == TokenKind::word && is_one_of(text, chaining_words))) {
      link(0);
    } else if (token.kind == TokenKind::word && is_one_of(text, set_operations)) {
      link(1);
    } else if (token.kind == TokenKind::punctuation && (text == "(" || text == "[")) {
      open.emplace_back();
      link(1);
    } else if (token.kind == TokenKind::punctuation && (text == ")" || text == "]") && open.size() > 1) {
      depth -= open.back().links;
      open.pop_back();
    } else if (token.kind == TokenKind::punctuation && text == ",") {
      depth -= open.back().links - open.back().kept;
      open.back().links = open.back().kept;
    }
    if (depth > depth_max) return true;
  }
  return false;
}

class Translator {
 public:
  Translator(std::string_view sql, const std::vector<Token>& tokens) : sql_(sql), tokens_(tokens) {}

  std::string run() {
    out_.reserve(sql_.size() + sql_.size() / 4);
    while (at_ < tokens_.size()) translate(tokens_[at_]);
    finish_join();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view text(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? text_of(sql_, tokens_[at_ + ahead]) : std::string_view();
  }
  [[nodiscard]] bool word(std::string_view keyword, std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && is_word(sql_, tokens_[at_ + ahead], keyword);
  }
  [[nodiscard]] bool previous_is(std::string_view keyword) const {
    return at_ > 0 && is_word(sql_, tokens_[at_ - 1], keyword);
  }

  // Writes `with` in place of the next `count` tokens.
  void put(std::string_view with, std::size_t count = 1) {
    out_.append(with).push_back(' ');
    at_ += count;
  }

  void translate(const Token& token) {
    switch (token.kind) {
      case TokenKind::placeholder:
        return put(fmt::format("${}", ++placeholders_));
      case TokenKind::identifier:
        return put_identifier(text());
      case TokenKind::string:
        if (previous_is("AS")) return put_identifier(text());  // `SELECT 1 AS 'n'`
        return put(text());
      case TokenKind::operation:
        return put(text() == "==" ? "=" : text());
      case TokenKind::punctuation:
        return translate_punctuation(text());
      case TokenKind::word:
        return translate_word(text());
      default:
        return put(text());
    }
  }

  void put_identifier(std::string_view quoted) {
    if (quoted.size() < 2 || quoted.front() == '"') return put(quoted);
    std::string name = "\"";
    for (const char c : quoted.substr(1, quoted.size() - 2)) {
      name.push_back(c);
      if (c == '"') name.push_back(c);
    }
    put(name.append("\""));
  }

  // What is open at one depth of parentheses.
  struct Level {
    bool in_from = false;    // between FROM and WHERE
    bool join_open = false;  // a JOIN whose ON or USING has not come yet
    bool after_limit = false;
    bool is_source = false;  // the parentheses hold a subquery that FROM reads
  };

  void translate_punctuation(std::string_view c) {
    if (c == "(") {
      const bool is_source = expects_source() && (word("SELECT", 1) || word("VALUES", 1) || word("WITH", 1));
      levels_.push_back({.is_source = is_source});
      return put(c);
    }
    if (c == ")") {
      finish_join();
      const bool is_source = levels_.back().is_source;
      if (levels_.size() > 1) levels_.pop_back();
      put(c);
      if (is_source && !at_alias()) out_.append("AS freshet_source ");  // PostgreSQL insists on a name
      return;
    }
    if (c == ",") {
      if (levels_.back().after_limit) return put("OFFSET");  // `LIMIT 10, 20`
      if (levels_.back().in_from) finish_join();
    }
    put(c);
  }

  [[nodiscard]] bool expects_source() const {
    if (at_ == 0) return false;
    if (previous_is("FROM")) return at_ < 2 || !is_word(sql_, tokens_[at_ - 2], "DISTINCT");
    return previous_is("JOIN") || (levels_.back().in_from && is_punctuation(sql_, tokens_[at_ - 1], ','));
  }

  [[nodiscard]] bool at_alias() const {
    if (at_ >= tokens_.size()) return false;
    if (tokens_[at_].kind == TokenKind::identifier || word("AS")) return true;
    return tokens_[at_].kind == TokenKind::word && !is_one_of(text(), after_source);
  }

  // SQLite joins without a condition.
  void finish_join() {
    if (std::exchange(levels_.back().join_open, false)) out_.append("ON TRUE ");
  }

  // Keeps track of FROM and its joins.
  void see_clause_word(std::string_view name) {
    Level& level = levels_.back();
    if (is_one_of(name, {"ON", "USING"})) level.join_open = false;
    if (level.join_open && is_one_of(name, after_source)) finish_join();
    if (word("FROM")) level.in_from = !previous_is("DISTINCT");
    if (word("JOIN") && level.in_from) level.join_open = !joins_unconditionally();
    if (is_one_of(name, {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "SET",
                         "RETURNING"})) {
      level.in_from = false;
      level.after_limit = word("LIMIT");
    }
  }

  // CROSS JOIN, NATURAL [LEFT] JOIN
  [[nodiscard]] bool joins_unconditionally() const {
    for (std::size_t back = 1; back <= 3 && back <= at_; ++back) {
      const Token& token = tokens_[at_ - back];
      if (is_word(sql_, token, "CROSS") || is_word(sql_, token, "NATURAL")) return true;
      if (!is_word(sql_, token, "LEFT") && !is_word(sql_, token, "RIGHT") && !is_word(sql_, token, "FULL") &&
          !is_word(sql_, token, "INNER") && !is_word(sql_, token, "OUTER")) {
        return false;
      }
    }
    return false;
  }

  void translate_word(std::string_view name) {
    see_clause_word(name);
    if (text(1) == "(" && translate_function(name)) return;
    if (word("IS") && translate_is()) return;
    if (is_one_of(name, {"GLOB", "REGEXP", "MATCH"}) && at_ > 0) return put("LIKE");
    if (word("INDEXED") && word("BY", 1)) return skip(3);
    if (word("NOT") && word("INDEXED", 1)) return skip(2);
    if (word("REPLACE") && word("INTO", 1)) return put("INSERT");
    if (word("OR") && (previous_is("INSERT") || previous_is("UPDATE"))) return skip(2);
    // Reserved there, a plain name here.
    if (is_one_of(name, {"user", "analyse", "binary", "freeze", "verbose", "authorization", "concurrently", "grant",
                         "localtime"})) {
      return put('"' + lower_case(name) + '"');
    }
    put(name);
  }

  // Functions whose names are words of PostgreSQL's grammar.
  bool translate_function(std::string_view name) {
    if (is_one_of(name, {"time"})) return put("strftime"), true;
    if (is_one_of(name, {"char"}) && !previous_is("AS")) return put("chr"), true;
    if (is_one_of(name, {"if"}) && !previous_is("AS")) return put("iif"), true;
    if (is_one_of(name, {"glob", "like"}) && (at_ == 0 || !ends_operand(tokens_[at_ - 1])))
      return put("json_valid"), true;
    return false;
  }

  // SQLite's IS compares any two values.
  bool translate_is() {
    const std::size_t negated = word("NOT", 1) ? 1 : 0;
    if (is_one_of(text(1 + negated),
                  {"NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT", "DOCUMENT", "NORMALIZED", "NFC", "NFD"})) {
      return false;
    }
    put(negated != 0 ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM", 1 + negated);
    return true;
  }

  [[nodiscard]] bool ends_operand(const Token& token) const {
    return token.kind == TokenKind::identifier || token.kind == TokenKind::string || token.kind == TokenKind::number ||
           token.kind == TokenKind::placeholder || is_punctuation(sql_, token, ')') ||
           (token.kind == TokenKind::word &&
            !is_one_of(text_of(sql_, token),
                       {"SELECT", "WHERE", "AND", "OR", "NOT", "WHEN", "THEN", "ELSE", "ON", "HAVING", "BY"}));
  }

  void skip(std::size_t count) { at_ += count; }

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  std::string out_;
  std::size_t at_ = 0;
  std::size_t placeholders_ = 0;
  std::vector<Level> levels_ = std::vector<Level>(1);
};

}  // namespace

std::optional<std::string> to_postgres_grammar(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) return std::nullopt;
  const std::vector<Token> tokens = tokenize(sql);
  if (tokens.size() > tokens_max || nests_too_deeply(sql, tokens)) return std::nullopt;
  return Translator(sql, tokens).run();
}

}  // namespace freshet::sql
