// parse_expression(): SQLite's precedences, from loose to tight:
// OR, AND, NOT, equality and its kin, comparison, bits, sums, products, concatenation, COLLATE, signs.

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"
#include "sql/expression.hpp"

namespace freshet::sql {
namespace {

using Kind = Expression::Kind;

constexpr unsigned depth_max = 200;

enum Binding : unsigned {
  loosest = 0,
  disjunction,
  conjunction,
  negation,
  equality,
  comparison,
  bits,
  sum,
  product,
  concatenation,
  collation,
  sign
};

struct Operator {
  std::string_view spelling;
  Binding binding;
  std::string_view name;
};
constexpr std::array<Operator, 19> operators{{{"=", equality, "="},
                                              {"==", equality, "="},
                                              {"<>", equality, "!="},
                                              {"!=", equality, "!="},
                                              {"<", comparison, "<"},
                                              {"<=", comparison, "<="},
                                              {">", comparison, ">"},
                                              {">=", comparison, ">="},
                                              {"&", bits, "&"},
                                              {"|", bits, "|"},
                                              {"<<", bits, "<<"},
                                              {">>", bits, ">>"},
                                              {"+", sum, "+"},
                                              {"-", sum, "-"},
                                              {"*", product, "*"},
                                              {"/", product, "/"},
                                              {"%", product, "%"},
                                              {"||", concatenation, "||"},
                                              {"->>", concatenation, "->>"}}};

// Words that are no name where an operand is expected.
constexpr std::array<std::string_view, 30> keywords{
    "all",   "and",    "as",      "between", "by",   "case",  "cast",   "collate", "distinct", "else",
    "end",   "escape", "exists",  "filter",  "from", "group", "having", "in",      "is",       "isnull",
    "limit", "not",    "notnull", "null",    "on",   "or",    "order",  "over",    "select",   "where"};

class Parser {
 public:
  Parser(std::string_view sql, const std::vector<Token>& all, TokenRange range)
      : sql_(sql), all_(all), at_(range.first), end_(range.end) {}

  std::optional<Expression> whole() {
    std::optional<Expression> expression = parse(loosest);
    if (at_ != end_) return std::nullopt;
    return expression;
  }

 private:
  [[nodiscard]] std::string_view text(std::size_t ahead = 0) const {
    return at_ + ahead < end_ ? text_of(sql_, all_[at_ + ahead]) : std::string_view();
  }
  [[nodiscard]] TokenKind kind(std::size_t ahead = 0) const {
    return at_ + ahead < end_ ? all_[at_ + ahead].kind : TokenKind::unterminated;
  }
  [[nodiscard]] bool word(std::string_view keyword, std::size_t ahead = 0) const {
    return at_ + ahead < end_ && is_word(sql_, all_[at_ + ahead], keyword);
  }
  [[nodiscard]] bool mark(char c, std::size_t ahead = 0) const {
    return at_ + ahead < end_ && is_punctuation(sql_, all_[at_ + ahead], c);
  }
  bool take_word(std::string_view keyword) { return word(keyword) && (++at_, true); }
  bool take_mark(char c) { return mark(c) && (++at_, true); }

  static Expression make(Kind kind, std::string name, std::size_t first) {
    Expression out;
    out.kind = kind;
    out.name = std::move(name);
    out.tokens.first = first;
    return out;
  }
  Expression ended(Expression expression) const {
    expression.tokens.end = at_;
    return expression;
  }

  // Adds the next operand to `into`; false if there is none.
  bool operand(Expression& into, unsigned binding) {
    std::optional<Expression> next = parse(binding);
    if (!next) return false;
    into.items.push_back(*std::move(next));
    return true;
  }

  // Everything that binds tighter than `binding`.
  std::optional<Expression> parse(unsigned binding) {
    if (++depth_ > depth_max) return std::nullopt;
    const std::size_t first = at_;
    std::optional<Expression> left = prefix();
    while (left && at_ < end_) {
      bool known = false;
      std::optional<Expression> wider = infix(*left, first, binding, known);
      if (!known) break;
      left = std::move(wider);
    }
    --depth_;
    return left;
  }

  std::optional<Expression> prefix() {
    const std::size_t first = at_;
    if (take_word("not")) return unary("not", negation, first);
    if (kind() == TokenKind::operation && (text() == "-" || text() == "+" || text() == "~")) {
      std::string name(text());
      ++at_;
      return unary(std::move(name), sign, first);
    }
    return primary();
  }

  std::optional<Expression> unary(std::string name, unsigned binding, std::size_t first) {
    Expression out = make(Kind::unary, std::move(name), first);
    if (!operand(out, binding - 1)) return std::nullopt;
    return ended(std::move(out));
  }

  std::optional<Expression> literal(Kind literal_kind, std::string name) {
    Expression out = make(literal_kind, std::move(name), at_);
    ++at_;
    return ended(std::move(out));
  }

  std::optional<Expression> primary() {
    switch (kind()) {
      case TokenKind::number:
        return number();
      case TokenKind::string:
        if (text().front() == '\'') return literal(Kind::string, std::string(text()));
        if (text().front() == 'x' || text().front() == 'X') return literal(Kind::blob, lower_case(text()));
        return std::nullopt;
      case TokenKind::placeholder:
        return literal(Kind::parameter, std::string(text()));
      case TokenKind::punctuation:
        return bracketed();
      case TokenKind::identifier:
        return column();
      case TokenKind::word:
        return word_operand();
      default:
        return std::nullopt;
    }
  }

  std::optional<Expression> number() {
    const std::string_view digits = text();
    if (digits.find('_') != std::string_view::npos) return std::nullopt;
    const bool whole = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    return literal(whole && digits.size() <= 18 ? Kind::integer : Kind::real, lower_case(digits));
  }

  std::optional<Expression> bracketed() {
    if (!take_mark('(')) return std::nullopt;
    std::optional<Expression> inner = parse(loosest);
    if (!inner || !take_mark(')')) return std::nullopt;
    return inner;
  }

  std::optional<Expression> word_operand() {
    const std::size_t first = at_;
    if (word("null")) return literal(Kind::null, "null");
    if (!mark('(', 1) && !mark('.', 1)) {
      if (word("true")) return literal(Kind::integer, "1");
      if (word("false")) return literal(Kind::integer, "0");
      if (word("current_date") || word("current_time") || word("current_timestamp")) {
        return literal(Kind::call, lower_case(text()));
      }
    }
    if (take_word("case")) return choice(first);
    if (word("cast") && mark('(', 1)) return cast(first);
    if (std::ranges::find(keywords, lower_case(text())) != keywords.end()) return std::nullopt;
    if (mark('(', 1)) return call(first);
    return column();
  }

  std::optional<Expression> column() {
    Expression out = make(Kind::column, {}, at_);
    if (mark('.', 1)) {
      out.qualifier = lower_case(identifier_of(text()));
      at_ += 2;
      if (kind() != TokenKind::word && kind() != TokenKind::identifier) return std::nullopt;
    }
    out.name = lower_case(identifier_of(text()));
    ++at_;
    if (mark('.') || mark('(')) return std::nullopt;
    return ended(std::move(out));
  }

  std::optional<Expression> call(std::size_t first) {
    Expression out = make(Kind::call, lower_case(text()), first);
    at_ += 2;
    out.distinct = take_word("distinct");
    if (kind() == TokenKind::operation && text() == "*") {
      out.star = true;
      ++at_;
    } else if (!mark(')')) {
      do {
        if (!operand(out, loosest)) return std::nullopt;
      } while (take_mark(','));
    }
    if (!take_mark(')')) return std::nullopt;
    if (word("filter") && !filter(out)) return std::nullopt;
    if (word("over")) return std::nullopt;
    return ended(std::move(out));
  }

  bool filter(Expression& out) {
    ++at_;
    if (!take_mark('(') || !take_word("where")) return false;
    std::optional<Expression> condition = parse(loosest);
    if (!condition || !take_mark(')')) return false;
    out.filter.push_back(*std::move(condition));
    return true;
  }

  std::optional<Expression> choice(std::size_t first) {
    Expression out = make(Kind::choice, "case", first);
    out.has_operand = !word("when");
    if (out.has_operand && !operand(out, loosest)) return std::nullopt;
    if (!word("when")) return std::nullopt;
    while (take_word("when")) {
      if (!operand(out, loosest) || !take_word("then") || !operand(out, loosest)) return std::nullopt;
    }
    out.has_otherwise = take_word("else");
    if (out.has_otherwise && !operand(out, loosest)) return std::nullopt;
    if (!take_word("end")) return std::nullopt;
    return ended(std::move(out));
  }

  std::optional<Expression> cast(std::size_t first) {
    Expression out = make(Kind::cast, {}, first);
    at_ += 2;
    if (!operand(out, loosest) || !take_word("as")) return std::nullopt;
    if (kind() != TokenKind::word || !mark(')', 1)) return std::nullopt;
    out.name = lower_case(text());
    at_ += 2;
    return ended(std::move(out));
  }

  // What follows an operand. `known` is set if there is an operator that binds tighter than `binding`.
  std::optional<Expression> infix(Expression& left, std::size_t first, unsigned binding, bool& known) {
    if (kind() == TokenKind::operation) return binary_operator(left, first, binding, known);
    if (kind() != TokenKind::word) return std::nullopt;
    const auto allowed = [&](unsigned own) { return known = own > binding; };
    if (word("or") && allowed(disjunction)) return binary(left, first, "or", disjunction, 1);
    if (word("and") && allowed(conjunction)) return binary(left, first, "and", conjunction, 1);
    if (word("collate") && allowed(collation)) return collate(left, first);
    const std::size_t negated = word("not") ? 1 : 0;
    const bool of_equality = word("is") || word("isnull") || word("notnull") || word("in", negated) ||
                             word("between", negated) || word("like", negated) || word("glob", negated) ||
                             (negated != 0 && word("null", 1));
    if (!of_equality || !allowed(equality)) return std::nullopt;
    if (word("is")) return is(left, first);
    return test(left, first, negated != 0);
  }

  std::optional<Expression> binary_operator(Expression& left, std::size_t first, unsigned binding, bool& known) {
    const auto* const found =
        std::ranges::find_if(operators, [&](const Operator& one) { return one.spelling == text(); });
    known = found != operators.end() && found->binding > binding;
    if (!known) return std::nullopt;
    return binary(left, first, found->name, found->binding, 1);
  }

  std::optional<Expression> binary(Expression& left, std::size_t first, std::string_view name, unsigned binding,
                                   std::size_t skip) {
    Expression out = make(Kind::binary, std::string(name), first);
    out.items.push_back(std::move(left));
    at_ += skip;
    if (!operand(out, binding)) return std::nullopt;
    return ended(std::move(out));
  }

  std::optional<Expression> collate(Expression& left, std::size_t first) {
    ++at_;
    if (kind() != TokenKind::word && kind() != TokenKind::identifier) return std::nullopt;
    Expression out = make(Kind::collate, lower_case(identifier_of(text())), first);
    out.items.push_back(std::move(left));
    ++at_;
    return ended(std::move(out));
  }

  std::optional<Expression> is(Expression& left, std::size_t first) {
    ++at_;
    const bool negated = take_word("not");
    if (word("distinct")) return std::nullopt;
    if (word("true") || word("false")) return std::nullopt;  // IS TRUE asks for truth, not for 1
    if (take_word("null")) return null_test(left, first, negated);
    std::optional<Expression> out = binary(left, first, negated ? "is not" : "is", equality, 0);
    return out;
  }

  std::optional<Expression> null_test(Expression& left, std::size_t first, bool negated) {
    Expression out = make(Kind::is_null, "is null", first);
    out.negated = negated;
    out.items.push_back(std::move(left));
    return ended(std::move(out));
  }

  // ISNULL, NOTNULL, NOT NULL, [NOT] IN, BETWEEN, LIKE, GLOB.
  std::optional<Expression> test(Expression& left, std::size_t first, bool negated) {
    if (take_word("isnull")) return null_test(left, first, false);
    if (take_word("notnull")) return null_test(left, first, true);
    if (negated) ++at_;
    if (take_word("null")) return null_test(left, first, true);
    if (take_word("in")) return in_list(left, first, negated);
    if (take_word("between")) return between(left, first, negated);
    std::optional<Expression> out = binary(left, first, lower_case(text()), equality, 1);
    if (!out) return out;
    out->negated = negated;
    if (take_word("escape") && !operand(*out, equality)) return std::nullopt;
    return ended(*std::move(out));
  }

  std::optional<Expression> in_list(Expression& left, std::size_t first, bool negated) {
    Expression out = make(Kind::in_list, "in", first);
    out.negated = negated;
    out.items.push_back(std::move(left));
    if (!take_mark('(')) return std::nullopt;
    do {
      if (!operand(out, loosest)) return std::nullopt;
    } while (take_mark(','));
    if (!take_mark(')')) return std::nullopt;
    return ended(std::move(out));
  }

  std::optional<Expression> between(Expression& left, std::size_t first, bool negated) {
    Expression out = make(Kind::between, "between", first);
    out.negated = negated;
    out.items.push_back(std::move(left));
    if (!operand(out, equality) || !take_word("and") || !operand(out, equality)) return std::nullopt;
    return ended(std::move(out));
  }

  std::string_view sql_;
  const std::vector<Token>& all_;
  std::size_t at_;
  std::size_t end_;
  unsigned depth_ = 0;
};

}  // namespace

std::optional<Expression> parse_expression(std::string_view sql, const std::vector<Token>& all, TokenRange tokens) {
  return Parser(sql, all, tokens).whole();
}

}  // namespace freshet::sql
