#include "sql/expression.hpp"

#include <fmt/format.h>

namespace freshet::sql {
namespace {

using Kind = Expression::Kind;

std::string listed(const std::vector<Expression>& items, std::string_view between) {
  std::string out;
  for (const Expression& item : items) {
    if (!out.empty()) out.append(between);
    out.append(canonical_text(item));
  }
  return out;
}

void add_conjuncts(const Expression& expression, std::vector<const Expression*>& out) {
  if (expression.kind != Kind::binary || expression.name != "and") return out.push_back(&expression);
  for (const Expression& item : expression.items) add_conjuncts(item, out);
}

}  // namespace

std::string canonical_text(const Expression& expression) {
  const Expression& e = expression;
  const std::string_view no = e.negated ? "not " : "";
  switch (e.kind) {
    case Kind::null:
    case Kind::integer:
    case Kind::real:
    case Kind::string:
    case Kind::blob:
    case Kind::parameter:
      return e.name;
    case Kind::column:
      return quoted(e.name);
    case Kind::call: {
      const std::string filter = e.filter.empty() ? "" : fmt::format(" where {}", canonical_text(e.filter.front()));
      return fmt::format("{}({}{}{})", e.name, e.distinct ? "distinct " : "", e.star ? "*" : listed(e.items, ", "),
                         filter);
    }
    case Kind::unary:
      return fmt::format("({} {})", e.name, canonical_text(e.items[0]));
    case Kind::is_null:
      return fmt::format("({} is {}null)", canonical_text(e.items[0]), no);
    case Kind::collate:
      return fmt::format("({} collate {})", canonical_text(e.items[0]), quoted(e.name));
    case Kind::cast:
      return fmt::format("cast({} as {})", canonical_text(e.items[0]), e.name);
    case Kind::choice:
      return fmt::format("case{}{}({})", e.has_operand ? "+operand" : "", e.has_otherwise ? "+else" : "",
                         listed(e.items, ", "));
    case Kind::binary:
    case Kind::between:
    case Kind::in_list:
      return fmt::format("({}{}: {})", no, e.name, listed(e.items, ", "));
  }
  return {};
}

std::vector<const Expression*> conjuncts(const Expression& expression) {
  std::vector<const Expression*> out;
  add_conjuncts(expression, out);
  return out;
}

void visit(const Expression& expression, const std::function<bool(const Expression&)>& visitor) {
  if (!visitor(expression)) return;
  for (const Expression& item : expression.items) visit(item, visitor);
  for (const Expression& item : expression.filter) visit(item, visitor);
}

std::string identifier_of(std::string_view token) {
  if (token.size() < 2) return std::string(token);
  const char open = token.front();
  const char close = open == '[' ? ']' : open;
  if (open != '"' && open != '`' && open != '[') return std::string(token);
  std::string out;
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    out.push_back(token[i]);
    if (open != '[' && token[i] == close) ++i;  // a doubled quote stands for itself
  }
  return out;
}

namespace {

std::string in_quotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    out.push_back(c);
    if (c == quote) out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

}  // namespace

std::string quoted(std::string_view name) { return in_quotes(name, '"'); }
std::string quoted_text(std::string_view text) { return in_quotes(text, '\''); }

}  // namespace freshet::sql
