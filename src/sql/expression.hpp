#pragma once
// A scalar expression of SQLite's grammar as a small tree with its place in the text: enough to prove what rollups need
// (sql/rollup.hpp) and to edit the text in place. What is not understood gives no tree, never a wrong one: subqueries,
// windows, RAISE and operators that are not SQLite's among it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/lexer.hpp"

namespace freshet::sql {

/// Tokens from `first` to before `end`.
struct TokenRange {
  std::size_t first = 0;
  std::size_t end = 0;
  [[nodiscard]] bool empty() const noexcept { return first == end; }
};

struct Expression {
  enum class Kind : std::uint8_t {
    null,
    integer,
    real,
    string,
    blob,
    parameter,
    column,   // `qualifier`, `name`
    call,     // name(items)
    unary,    // -  +  ~  NOT
    binary,   // items[0] name items[1], LIKE … ESCAPE with a third
    is_null,  // IS NULL, ISNULL
    between,  // items[0] BETWEEN items[1] AND items[2]
    in_list,  // items[0] IN (items[1] …)
    choice,   // CASE: [operand,] (when, then) …, [otherwise]
    cast,     // CAST (items[0] AS name)
    collate,  // items[0] COLLATE name
  };
  Kind kind = Kind::null;
  /// The operator or keyword in lower case, the name of a function, column or type in lower case, or a literal as it
  /// is written (TRUE is the integer 1, FALSE 0).
  std::string name;
  std::string qualifier;  // of a column, in lower case
  TokenRange tokens;      // brackets around the expression left out
  std::vector<Expression> items;
  bool negated = false;  // NOT IN, IS NOT NULL, NOT BETWEEN …
  // Of a call.
  bool star = false;
  bool distinct = false;
  std::vector<Expression> filter;  // FILTER (WHERE …): none or one
  // Of a choice.
  bool has_operand = false;
  bool has_otherwise = false;
};

/// The expression that `tokens` of `sql` are, whole. nullopt: they are something else.
[[nodiscard]] std::optional<Expression> parse_expression(std::string_view sql, const std::vector<Token>& all,
                                                         TokenRange tokens);

/// One way to write it: two expressions with the same canonical text have the same value, wherever both may stand.
/// Columns go without their qualifier.
[[nodiscard]] std::string canonical_text(const Expression& expression);

/// What is ANDed at the top.
[[nodiscard]] std::vector<const Expression*> conjuncts(const Expression& expression);

/// Calls `visit` for the expression and everything within, from the outside in; not below where it returns false.
void visit(const Expression& expression, const std::function<bool(const Expression&)>& visitor);

/// The name that a word or quoted identifier stands for, as it is written but for the quotes.
[[nodiscard]] std::string identifier_of(std::string_view token);
/// `name` as an identifier that any SQL reads as that name: "na""me".
[[nodiscard]] std::string quoted(std::string_view name);
/// `text` as a string literal.
[[nodiscard]] std::string quoted_text(std::string_view text);

}  // namespace freshet::sql
