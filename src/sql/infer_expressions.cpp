// Expressions: the type of what a statement computes.

#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "sql/infer_walk.hpp"

namespace freshet::sql::inference {
namespace {

Inferred constant(const TreeItem& body) {
  if (body.has("isnull")) return {.null_constant = true};
  if (body.has("ival")) return {.type = ColumnType::integer, .not_null = true};
  if (const auto number = body.member("fval")) {
    // Integers beyond 32 bits come this way too; beyond 64 bits they are no integers any more.
    const std::string_view digits = number->text("fval");
    constexpr std::string_view integer_max = "9223372036854775807";
    const bool whole =
        digits.find_first_not_of("0123456789") == std::string_view::npos &&
        (digits.size() < integer_max.size() || (digits.size() == integer_max.size() && digits <= integer_max));
    return {.type = whole ? ColumnType::integer : ColumnType::number, .not_null = true};
  }
  if (body.has("boolval")) return {.type = ColumnType::boolean, .not_null = true};
  if (body.has("sval")) return {.type = ColumnType::text, .not_null = true};
  if (body.has("bsval")) return {.type = ColumnType::blob, .not_null = true};
  return {};
}

Inferred concatenation(const Inferred& left, const Inferred& right, bool not_null) {
  // jsonb || jsonb is JSON on PostgreSQL, and text on SQLite.
  const bool json = left.type == ColumnType::json || right.type == ColumnType::json;
  return {.type = json ? ColumnType::any : ColumnType::text, .not_null = not_null};
}

bool contains_aggregate(const TreeItem& value, unsigned depth) {
  constexpr unsigned search_depth_max = 64;
  if (depth > search_depth_max) return false;
  for (const auto& [name, below] : value.children()) {
    if (name == "SubLink") continue;
    if (name == "FuncCall" && !below.has("over") &&
        (below.has("agg_star") || is_aggregate(below.last_string("funcname"), below.list("args").size()))) {
      return true;
    }
    if (contains_aggregate(below, depth + 1)) return true;
  }
  return false;
}

// An aggregate over everything, or no FROM at all.
bool always_one_row(const TreeItem& select) {
  for (const std::string_view clause : {"groupClause", "havingClause", "limitCount", "limitOffset", "valuesLists"}) {
    if (select.has(clause)) return false;
  }
  if (select.text("op") != "SETOP_NONE") return false;
  if (!select.has("fromClause") && !select.has("whereClause")) return true;
  const std::optional<TreeItem> targets = select.member("targetList");
  return targets && contains_aggregate(*targets, 0);
}

Inferred value_function(const TreeItem& body) {
  const bool date = body.text("op") == "SVFOP_CURRENT_DATE";
  // CURRENT_TIMESTAMP is 'YYYY-MM-DD HH:MM:SS' on SQLite: text, not a timestamp of RFC 3339.
  return {.type = date ? ColumnType::date : ColumnType::text, .not_null = true};
}

}  // namespace

Inferred Walk::expression(const TreeItem& wrapper, const Scope& scope) {
  const Level level(depth_);
  const std::optional<TreeNode> node = wrapper.node();
  if (!node || level.too_deep()) return {};
  const TreeItem& body = node->body;
  const std::string_view kind = node->kind;
  if (kind == "ColumnRef") return column_reference(body, scope);
  if (kind == "A_Const") return constant(body);
  if (kind == "A_Expr") return operation(body, scope);
  if (kind == "FuncCall") return call(body, scope);
  if (kind == "BoolExpr") return {.type = ColumnType::boolean, .not_null = all_not_null(body, "args", scope)};
  if (kind == "NullTest" || kind == "BooleanTest") return {.type = ColumnType::boolean, .not_null = true};
  if (kind == "SubLink") return sublink(body, scope);
  if (kind == "CaseExpr") return case_expression(body, scope);
  if (kind == "CoalesceExpr") return function_result("coalesce", expressions(body, "args", scope));
  if (kind == "MinMaxExpr") return function_result("greatest", expressions(body, "args", scope));
  if (kind == "TypeCast") return cast(body, scope);
  if (kind == "CollateClause") return argument(body, "arg", scope);
  if (kind == "SQLValueFunction") return value_function(body);
  return {};
}

std::vector<Inferred> Walk::expressions(const TreeItem& body, std::string_view list, const Scope& scope) {
  std::vector<Inferred> types;
  for (const TreeItem& item : body.list(list)) types.push_back(expression(item, scope));
  return types;
}

Inferred Walk::argument(const TreeItem& body, std::string_view name, const Scope& scope) {
  const std::optional<TreeItem> value = body.member(name);
  return value ? expression(*value, scope) : Inferred{};
}

bool Walk::all_not_null(const TreeItem& body, std::string_view list, const Scope& scope) {
  const std::vector<Inferred> types = expressions(body, list, scope);
  return std::all_of(types.begin(), types.end(), [](const Inferred& type) { return type.not_null; });
}

Inferred Walk::operation(const TreeItem& body, const Scope& scope) {
  const std::string_view kind = body.text("kind");
  if (kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT") return {.type = ColumnType::boolean, .not_null = true};
  const Inferred left = argument(body, "lexpr", scope);
  if (kind == "AEXPR_NULLIF") return {.type = left.type, .declared = left.declared};
  if (kind == "AEXPR_OP") return binary_operation(body.last_string("name"), left, body, scope);
  // IN, LIKE, BETWEEN, ANY, ALL
  if (kind == "AEXPR_OP_ANY" || kind == "AEXPR_OP_ALL") return {.type = ColumnType::boolean};
  const std::optional<TreeNode> right = body.node("rexpr");
  const bool right_not_null = right && right->kind == "List" ? all_not_null(right->body, "items", scope)
                                                             : argument(body, "rexpr", scope).not_null;
  return {.type = ColumnType::boolean, .not_null = left.not_null && right_not_null};
}

Inferred Walk::binary_operation(std::string_view name, const Inferred& left, const TreeItem& body, const Scope& scope) {
  const bool unary = !body.has("lexpr");
  const Inferred right = argument(body, "rexpr", scope);
  const bool not_null = right.not_null && (unary || left.not_null);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is({"=", "<>", "!=", "<", ">", "<=", ">="})) return {.type = ColumnType::boolean, .not_null = not_null};
  if (is({"+", "-"}) && unary) return {.type = arithmetic_type(right.type, right.type), .not_null = not_null};
  if (is({"+", "-", "*"})) return {.type = arithmetic_type(left.type, right.type), .not_null = not_null};
  if (is({"/", "%"})) return {.type = arithmetic_type(left.type, right.type)};  // NULL for a divisor of zero
  if (is({"||"})) return concatenation(left, right, not_null);
  if (is({"&", "|", "<<", ">>"}) || (is({"~"}) && unary)) return {.type = ColumnType::integer, .not_null = not_null};
  if (is({"->", "#>"})) return {.type = ColumnType::json};
  if (is({"#>>"})) return {.type = ColumnType::text};
  if (is({"~", "~*", "!~", "!~*", "@>", "<@", "?", "?|", "?&", "&&", "@@"})) {
    return {.type = ColumnType::boolean, .not_null = not_null};
  }
  return {};
}

Inferred Walk::call(const TreeItem& body, const Scope& scope) {
  return function_result(body.last_string("funcname"), expressions(body, "args", scope));
}

Inferred Walk::sublink(const TreeItem& body, const Scope& scope) {
  const std::string_view type = body.text("subLinkType");
  if (type == "EXISTS_SUBLINK") return {.type = ColumnType::boolean, .not_null = true};
  if (type == "ANY_SUBLINK" || type == "ALL_SUBLINK") return {.type = ColumnType::boolean};
  const std::optional<TreeNode> query = body.node("subselect");
  if (type != "EXPR_SUBLINK" || !query || query->kind != "SelectStmt") return {};
  const Columns columns = select(query->body, scope);
  if (columns.size() != 1 || columns[0].star) return {};
  const Inferred& value = columns[0].type;
  return {.type = value.type, .not_null = value.not_null && always_one_row(query->body), .declared = value.declared};
}

Inferred Walk::case_expression(const TreeItem& body, const Scope& scope) {
  Inferred result{.not_null = true, .null_constant = true};
  for (const TreeItem& item : body.list("args")) {
    if (const std::optional<TreeNode> when = item.node())
      result = merged(result, argument(when->body, "result", scope));
  }
  const std::optional<TreeItem> otherwise = body.member("defresult");
  result = merged(result, otherwise ? expression(*otherwise, scope) : Inferred{.null_constant = true});
  result.outer = false;
  return result;
}

Inferred Walk::cast(const TreeItem& body, const Scope& scope) {
  const Inferred source = argument(body, "arg", scope);
  const std::optional<TreeItem> type = body.member("typeName");
  if (!type || type->has("arrayBounds")) return {.not_null = source.not_null};
  return {.type = cast_type(lower_case(type->last_string("names"))), .not_null = source.not_null};
}

}  // namespace freshet::sql::inference
