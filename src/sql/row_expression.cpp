// RowExpression: which expressions mean the same over a table's row and over the NEW or OLD row of a trigger.
//
// A column of NEW has its collation but no affinity: `amount = '5'` is true of a row of an INTEGER column and false of
// NEW. So a comparison is taken only where affinity changes nothing, that is between values of one class.

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "sql/rollup.hpp"

namespace freshet::sql {
namespace {

using Kind = Expression::Kind;

// What a value is for certain, NULL apart; of a column, what its affinity makes of what it can.
enum class Class : std::uint8_t { null, number, text, unknown };

// SQLite's own, the same on every connection, and without a memory.
struct Function {
  std::string_view name;
  std::size_t min_arguments, max_arguments;
  Class result;
};
constexpr std::size_t many = 100;
constexpr std::array<Function, 18> functions{{{"abs", 1, 1, Class::number},
                                              {"coalesce", 2, many, Class::unknown},
                                              {"hex", 1, 1, Class::text},
                                              {"ifnull", 2, 2, Class::unknown},
                                              {"iif", 3, 3, Class::unknown},
                                              {"instr", 2, 2, Class::number},
                                              {"length", 1, 1, Class::number},
                                              {"lower", 1, 1, Class::text},
                                              {"ltrim", 1, 2, Class::text},
                                              {"max", 2, many, Class::unknown},
                                              {"min", 2, many, Class::unknown},
                                              {"nullif", 2, 2, Class::unknown},
                                              {"replace", 3, 3, Class::text},
                                              {"round", 1, 2, Class::number},
                                              {"rtrim", 1, 2, Class::text},
                                              {"trim", 1, 2, Class::text},
                                              {"typeof", 1, 1, Class::text},
                                              {"upper", 1, 1, Class::text}}};

const Function* function(std::string_view name) {
  const auto* const found = std::ranges::find_if(functions, [&](const Function& one) { return one.name == name; });
  return found == functions.end() ? nullptr : found;
}

class Check {
 public:
  Check(const SchemaTable& table, std::string_view what) : table_(table), what_(what) {}

  void run(const Expression& expression) {
    visit(expression, [this](const Expression& one) {
      node(one);
      return true;
    });
  }

 private:
  [[noreturn]] void refuse(std::string message, std::string hint = {}) const {
    throw Error(ErrorKind::config, fmt::format("{}: {}", what_, message)).hinting(std::move(hint));
  }

  void node(const Expression& e) const {
    switch (e.kind) {
      case Kind::column:
        return column(e);
      case Kind::parameter:
        refuse(fmt::format("a rollup takes no parameters, so {} cannot stand in it", e.name));
      case Kind::call:
        return call(e);
      case Kind::binary:
        return binary(e);
      case Kind::between:
      case Kind::in_list:
        for (std::size_t i = 1; i < e.items.size(); ++i) comparable(e.items[0], e.items[i]);
        return;
      case Kind::choice:
        for (std::size_t i = 1; e.has_operand && i + 1 < e.items.size(); i += 2) comparable(e.items[0], e.items[i]);
        return;
      case Kind::collate:
        if (e.name != "binary" && e.name != "nocase" && e.name != "rtrim") {
          refuse(fmt::format("who writes to the database may not know the collation {}", e.name));
        }
        return;
      default:
        return;
    }
  }

  void column(const Expression& e) const {
    const bool own = e.qualifier.empty() || lower_case(table_.name) == e.qualifier;
    if (own && table_.column(e.name) != nullptr) return;
    std::vector<std::string_view> names;
    for (const SchemaColumn& one : table_.columns) names.push_back(one.name);
    refuse(fmt::format("{} has no column `{}`", table_.name, e.name), did_you_mean(e.name, names));
  }

  void call(const Expression& e) const {
    const Function* const known = function(e.name);
    const bool fits = known != nullptr && e.items.size() >= known->min_arguments &&
                      e.items.size() <= known->max_arguments && !e.star && !e.distinct && e.filter.empty();
    if (fits) return;
    refuse(fmt::format("{}() cannot be relied on in a trigger, whoever writes", e.name),
           "a generated column of the table may hold what it computes");
  }

  void binary(const Expression& e) const {
    constexpr std::array<std::string_view, 8> comparisons{"=", "!=", "<", "<=", ">", ">=", "is", "is not"};
    if (e.name == "like" || e.name == "glob" || e.name == "->>") {
      refuse(fmt::format("{} may mean something else to each who writes", e.name),
             "a generated column of the table may hold what it computes");
    }
    if (std::ranges::find(comparisons, e.name) != comparisons.end()) comparable(e.items[0], e.items[1]);
  }

  void comparable(const Expression& a, const Expression& b) const {
    const Class class_a = class_of(a);
    const Class class_b = class_of(b);
    if (class_a == Class::null || class_b == Class::null) return;
    if (!has_affinity(a) && !has_affinity(b)) return;
    if (class_a == class_b && class_a != Class::unknown) return;
    refuse(
        fmt::format("`{}` and `{}` are compared, and may be of different types", canonical_text(a), canonical_text(b)),
        "compare a column with a literal of its own type: text with 'text', a number with a number");
  }

  // Whether the database would convert the other side of a comparison.
  [[nodiscard]] bool has_affinity(const Expression& e) const {
    if (e.kind == Kind::collate) return has_affinity(e.items[0]);
    if (e.kind == Kind::cast) return true;
    if (e.kind == Kind::unary && e.name == "+") return has_affinity(e.items[0]);
    if (e.kind != Kind::column) return false;
    const SchemaColumn* const known = table_.column(e.name);
    return known == nullptr || known->affinity != Affinity::blob;
  }

  [[nodiscard]] Class class_of(const Expression& e) const {
    switch (e.kind) {
      case Kind::null:
        return Class::null;
      case Kind::integer:
      case Kind::real:
      case Kind::is_null:
      case Kind::between:
      case Kind::in_list:
        return Class::number;
      case Kind::string:
        return Class::text;
      case Kind::unary:
        return e.name == "+" ? class_of(e.items[0]) : Class::number;
      case Kind::binary:
        return e.name == "||" ? Class::text : Class::number;
      case Kind::collate:
        return class_of(e.items[0]);
      case Kind::column:
        return class_of_column(e);
      case Kind::call:
        return class_of_call(e);
      case Kind::choice:
        return class_of_choice(e);
      default:
        return Class::unknown;
    }
  }

  [[nodiscard]] Class class_of_column(const Expression& e) const {
    const SchemaColumn* const known = table_.column(e.name);
    if (known == nullptr || known->affinity == Affinity::blob) return Class::unknown;
    return known->affinity == Affinity::text ? Class::text : Class::number;
  }

  [[nodiscard]] Class class_of_call(const Expression& e) const {
    const Function* const known = function(e.name);
    if (known == nullptr) return Class::unknown;
    if (known->result != Class::unknown || e.items.empty()) return known->result;
    if (e.name == "nullif") return class_of(e.items[0]);
    return merged(e.items, e.name == "iif" ? 1 : 0);
  }

  [[nodiscard]] Class class_of_choice(const Expression& e) const {
    std::vector<Expression> results;
    for (std::size_t i = (e.has_operand ? 1 : 0) + 1; i < e.items.size(); i += 2) results.push_back(e.items[i]);
    if (e.has_otherwise) results.push_back(e.items.back());
    return merged(results, 0);
  }

  [[nodiscard]] Class merged(const std::vector<Expression>& items, std::size_t first) const {
    Class result = Class::null;
    for (std::size_t i = first; i < items.size(); ++i) {
      const Class one = class_of(items[i]);
      if (one == Class::null) continue;
      if (result != Class::null && result != one) return Class::unknown;
      result = one;
    }
    return result;
  }

  const SchemaTable& table_;
  std::string_view what_;
};

Expression parse_whole(const std::string& text, const std::vector<Token>& tokens, std::string_view what) {
  std::optional<Expression> tree = parse_expression(text, tokens, {0, tokens.size()});
  if (!tree)
    throw Error(ErrorKind::config, fmt::format("{}: `{}` is no expression that a rollup can hold", what, text));
  return *std::move(tree);
}

}  // namespace

RowExpression::RowExpression(std::string text, const SchemaTable& table, std::string_view what)
    : text_(std::move(text)), tokens_(tokenize(text_)), tree_(parse_whole(text_, tokens_, what)) {
  Check(table, what).run(tree_);
}

std::string RowExpression::over(std::string_view prefix) const {
  return over([&](const std::string& name) { return std::string(prefix) + quoted(name); });
}

std::string RowExpression::over(const std::function<std::string(const std::string&)>& write) const {
  std::vector<TokenRange> columns;
  visit(tree_, [&](const Expression& one) {
    if (one.kind == Kind::column) columns.push_back(one.tokens);
    return true;
  });
  std::ranges::sort(columns, {}, &TokenRange::first);
  std::string out;
  auto column = columns.begin();
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!out.empty()) out.push_back(' ');
    if (column != columns.end() && column->first == i) {
      i = column->end - 1;
      ++column;
      out.append(write(identifier_of(text_of(text_, tokens_[i]))));
    } else {
      out.append(text_of(text_, tokens_[i]));
    }
  }
  return out;
}

}  // namespace freshet::sql
