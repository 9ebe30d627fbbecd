// infer_columns: walks over libpg_query's tree of a statement and says what its columns are.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <pg_query.h>
#include <simdjson.h>

#include "core/text.hpp"
#include "sql/infer_grammar.hpp"
#include "sql/infer_types.hpp"
#include "sql/statement.hpp"

namespace freshet::sql {
namespace {

using simdjson::dom::element;

// The tree's JSON: objects with one member, whose name is the kind of the node.
struct Node {
  std::string_view kind;
  element body;
};

std::optional<element> member(const element& object, std::string_view name) {
  element value;
  if (object[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string_view text_member(const element& object, std::string_view name) {
  std::string_view value;
  if (object[name].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::vector<element> list_member(const element& object, std::string_view name) {
  std::vector<element> items;
  simdjson::dom::array array;
  if (object[name].get(array) != simdjson::SUCCESS) return items;
  for (const element item : array) items.push_back(item);
  return items;
}

std::optional<Node> node_from(const element& wrapper) {
  simdjson::dom::object object;
  if (wrapper.get(object) != simdjson::SUCCESS || object.begin() == object.end()) return std::nullopt;
  const simdjson::dom::key_value_pair pair = *object.begin();
  return Node{.kind = pair.key, .body = pair.value};
}

std::optional<Node> node_member(const element& object, std::string_view name) {
  const std::optional<element> wrapper = member(object, name);
  return wrapper ? node_from(*wrapper) : std::nullopt;
}

// "sval" of a String node.
std::string_view string_of(const element& wrapper) {
  const std::optional<Node> node = node_from(wrapper);
  return node && node->kind == "String" ? text_member(node->body, "sval") : std::string_view();
}

std::string_view last_string(const element& object, std::string_view list) {
  const std::vector<element> parts = list_member(object, list);
  return parts.empty() ? std::string_view() : string_of(parts.back());
}

struct Column {
  std::string name;
  Inferred type;
  bool star = false;  // an unknown number of columns
};
using Columns = std::vector<Column>;

// One item of FROM, or a common table expression.
struct Source {
  std::string alias;
  std::string table;  // of a table of the schema
  Columns columns;    // of anything else
  bool open = false;  // may have further columns
  bool outer = false;
};

struct Scope {
  const Scope* parent = nullptr;
  std::vector<Source> sources;
  std::vector<Source> ctes;
  bool merges_columns = false;  // a join USING or NATURAL: `*` shows the shared columns once
};

class Inference {
 public:
  explicit Inference(const ColumnLookup& lookup) : lookup_(lookup) {}

  Columns statement(const Node& node) {
    const Scope nothing;
    if (node.kind == "SelectStmt") return select(node.body, nothing);
    Scope scope;
    add_ctes(node.body, scope);
    if (const auto relation = member(node.body, "relation")) scope.sources.push_back(table_source(*relation, scope));
    for (const std::string_view clause : {"fromClause", "usingClause"}) {
      for (const element& item : list_member(node.body, clause)) add_source(item, scope, false);
    }
    return targets(list_member(node.body, "returningList"), scope);
  }

 private:
  // The walk is recursive: what nests deeper than this is not looked into.
  static constexpr unsigned depth_max = 200;
  class Level {
   public:
    explicit Level(unsigned& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    [[nodiscard]] bool too_deep() const { return depth_ > depth_max; }

   private:
    unsigned& depth_;
  };

  // ---- relations ----

  Columns select(const element& body, const Scope& outer) {
    const Level level(depth_);
    if (level.too_deep()) return {{.name = {}, .type = {}, .star = true}};
    Scope scope;
    scope.parent = &outer;
    add_ctes(body, scope);
    if (text_member(body, "op") != "SETOP_NONE") return set_operation(body, scope);
    if (const std::vector<element> rows = list_member(body, "valuesLists"); !rows.empty()) return values(rows, scope);
    for (const element& item : list_member(body, "fromClause")) add_source(item, scope, false);
    return targets(list_member(body, "targetList"), scope);
  }

  Columns set_operation(const element& body, const Scope& scope) {
    const std::optional<element> left = member(body, "larg");
    const std::optional<element> right = member(body, "rarg");
    if (!left || !right) return {};
    Columns columns = select(*left, scope);
    const Columns others = select(*right, scope);
    const bool aligned = columns.size() == others.size() && !has_star(columns) && !has_star(others);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].type = aligned ? merged(columns[i].type, others[i].type) : Inferred{};
    }
    return columns;
  }

  Columns values(const std::vector<element>& rows, const Scope& scope) {
    Columns columns;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::optional<Node> row = node_from(rows[r]);
      if (!row) return {};
      const std::vector<element> items = list_member(row->body, "items");
      if (r == 0) columns.resize(items.size());
      for (std::size_t i = 0; i < std::min(items.size(), columns.size()); ++i) {
        const Inferred type = expression(items[i], scope);
        columns[i].type = r == 0 ? type : merged(columns[i].type, type);
        columns[i].name = fmt::format("column{}", i + 1);
      }
    }
    return columns;
  }

  static bool has_star(const Columns& columns) {
    return std::any_of(columns.begin(), columns.end(), [](const Column& column) { return column.star; });
  }

  void add_ctes(const element& body, Scope& scope) {
    const std::optional<element> with = member(body, "withClause");
    if (!with) return;
    const bool recursive = member(*with, "recursive").has_value();
    for (const element& item : list_member(*with, "ctes")) {
      if (const std::optional<Node> cte = node_from(item))
        scope.ctes.push_back(common_table(cte->body, scope, recursive));
    }
  }

  Source common_table(const element& cte, Scope& scope, bool recursive) {
    Source source{.alias = std::string(text_member(cte, "ctename")), .table = {}, .columns = {}};
    const std::vector<element> names = list_member(cte, "aliascolnames");
    const std::optional<Node> query = node_member(cte, "ctequery");
    const Level level(depth_);
    if (!query || level.too_deep()) return source;
    if (query->kind != "SelectStmt") {
      source.columns = statement(*query);
    } else if (const auto first = recursive ? member(query->body, "larg") : std::nullopt) {
      // The first term says what the recursive one reads.
      source.columns = renamed(select(*first, scope), names);
      scope.ctes.push_back(source);
      const Columns all = select(query->body, scope);
      scope.ctes.pop_back();
      source.columns = all;
    } else {
      source.columns = select(query->body, scope);
    }
    source.columns = renamed(std::move(source.columns), names);
    source.open = has_star(source.columns);
    return source;
  }

  static Columns renamed(Columns columns, const std::vector<element>& names) {
    if (names.empty()) return columns;
    if (has_star(columns)) columns.assign(names.size(), Column{});
    for (std::size_t i = 0; i < std::min(names.size(), columns.size()); ++i) columns[i].name = string_of(names[i]);
    return columns;
  }

  void add_source(const element& wrapper, Scope& scope, bool outer) {
    const Level level(depth_);
    const std::optional<Node> node = node_from(wrapper);
    if (!node || level.too_deep()) return;
    if (node->kind == "JoinExpr") {
      const std::string_view type = text_member(node->body, "jointype");
      scope.merges_columns =
          scope.merges_columns || member(node->body, "usingClause") || member(node->body, "isNatural");
      const bool left_optional = type == "JOIN_RIGHT" || type == "JOIN_FULL";
      const bool right_optional = type == "JOIN_LEFT" || type == "JOIN_FULL";
      if (const auto left = member(node->body, "larg")) add_source(*left, scope, outer || left_optional);
      if (const auto right = member(node->body, "rarg")) add_source(*right, scope, outer || right_optional);
      return;
    }
    Source source = node->kind == "RangeVar" ? table_source(node->body, scope) : derived_source(*node, scope);
    source.outer = outer;
    scope.sources.push_back(std::move(source));
  }

  static std::string_view alias_of(const element& body) {
    const std::optional<element> alias = member(body, "alias");
    return alias ? text_member(*alias, "aliasname") : std::string_view();
  }

  static Source table_source(const element& body, const Scope& scope) {
    const std::string_view name = text_member(body, "relname");
    const std::string_view alias = alias_of(body);
    Source source;
    const Source* cte = member(body, "schemaname") ? nullptr : find_cte(scope, name);
    if (cte != nullptr) {
      source = *cte;
    } else {
      source.table = name;
      source.open = true;
    }
    source.alias = alias.empty() ? name : alias;
    return source;
  }

  static const Source* find_cte(const Scope& scope, std::string_view name) {
    for (const Scope* s = &scope; s != nullptr; s = s->parent) {
      const auto found = std::find_if(s->ctes.rbegin(), s->ctes.rend(),
                                      [&](const Source& cte) { return equal_ignoring_case(cte.alias, name); });
      if (found != s->ctes.rend()) return &*found;
    }
    return nullptr;
  }

  Source derived_source(const Node& node, const Scope& scope) {
    Source source{.alias = std::string(alias_of(node.body)), .table = {}, .columns = {}};
    const std::optional<Node> query =
        node.kind == "RangeSubselect" ? node_member(node.body, "subquery") : std::optional<Node>();
    if (query && query->kind == "SelectStmt") {
      source.columns = select(query->body, scope);
      if (const auto alias = member(node.body, "alias")) {
        source.columns = renamed(std::move(source.columns), list_member(*alias, "colnames"));
      }
    }
    source.open = !query || has_star(source.columns);
    return source;
  }

  Columns targets(const std::vector<element>& list, const Scope& scope) {
    Columns columns;
    for (const element& item : list) {
      const std::optional<Node> target = node_from(item);
      if (!target) continue;
      const std::optional<element> value = member(target->body, "val");
      const std::optional<Node> node = value ? node_from(*value) : std::nullopt;
      if (!node) {
        columns.emplace_back();
      } else if (const auto fields = star_fields(*node)) {
        expand_star(*fields, scope, columns);
      } else {
        std::string_view name = text_member(target->body, "name");
        if (name.empty() && node->kind == "ColumnRef") name = last_string(node->body, "fields");
        columns.push_back({.name = std::string(name), .type = expression(*value, scope)});
      }
    }
    return columns;
  }

  static std::optional<std::vector<element>> star_fields(const Node& node) {
    if (node.kind != "ColumnRef") return std::nullopt;
    std::vector<element> fields = list_member(node.body, "fields");
    if (fields.empty()) return std::nullopt;
    const std::optional<Node> last = node_from(fields.back());
    return last && last->kind == "A_Star" ? std::optional(std::move(fields)) : std::nullopt;
  }

  // Tables have as many columns as the schema says, which is not known here; everything else is spelled out.
  static void expand_star(const std::vector<element>& fields, const Scope& scope, Columns& columns) {
    const std::string_view alias = fields.size() > 1 ? string_of(fields[fields.size() - 2]) : std::string_view();
    for (const Source& source : scope.sources) {
      if (!alias.empty() && !equal_ignoring_case(source.alias, alias)) continue;
      if (source.open || (alias.empty() && scope.merges_columns)) {
        columns.push_back({.name = {}, .type = {}, .star = true});
        continue;
      }
      for (const Column& column : source.columns) {
        columns.push_back(column);
        if (source.outer) columns.back().type.not_null = false;
        columns.back().type.outer = columns.back().type.outer || source.outer;
      }
    }
  }

  // ---- expressions ----

  Inferred expression(const element& wrapper, const Scope& scope) {
    const Level level(depth_);
    const std::optional<Node> node = node_from(wrapper);
    if (!node || level.too_deep()) return {};
    const element& body = node->body;
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

  std::vector<Inferred> expressions(const element& body, std::string_view list, const Scope& scope) {
    std::vector<Inferred> types;
    for (const element& item : list_member(body, list)) types.push_back(expression(item, scope));
    return types;
  }

  Inferred argument(const element& body, std::string_view name, const Scope& scope) {
    const std::optional<element> value = member(body, name);
    return value ? expression(*value, scope) : Inferred{};
  }

  bool all_not_null(const element& body, std::string_view list, const Scope& scope) {
    const std::vector<Inferred> types = expressions(body, list, scope);
    return std::all_of(types.begin(), types.end(), [](const Inferred& type) { return type.not_null; });
  }

  Inferred column_reference(const element& body, const Scope& scope) const {
    const std::vector<element> fields = list_member(body, "fields");
    if (fields.empty()) return {};
    const std::string_view name = string_of(fields.back());
    const std::string_view alias = fields.size() > 1 ? string_of(fields[fields.size() - 2]) : std::string_view();
    for (const Scope* s = &scope; s != nullptr; s = s->parent) {
      if (const auto found = find_column(*s, alias, name)) return *found;
    }
    return {};
  }

  // nullopt: look further out.
  std::optional<Inferred> find_column(const Scope& scope, std::string_view alias, std::string_view name) const {
    bool open = false;
    bool outer = false;
    for (const Source& source : scope.sources) {
      if (!alias.empty() && !equal_ignoring_case(source.alias, alias)) continue;
      if (auto found = column_of(source, name)) {
        found->outer = found->outer || source.outer;
        found->not_null = found->not_null && !source.outer;
        return found;
      }
      const bool unknown = source.open && (source.table.empty() || lookup_ == nullptr);
      open = open || unknown;
      outer = outer || (unknown && source.outer);
    }
    if (open) return Inferred{.outer = outer};
    return std::nullopt;
  }

  std::optional<Inferred> column_of(const Source& source, std::string_view name) const {
    if (!source.table.empty()) {
      if (lookup_ == nullptr) return std::nullopt;
      const std::optional<InferredColumn> column = lookup_(source.table, name);
      if (!column) return std::nullopt;
      return Inferred{.type = column->type, .not_null = column->not_null};
    }
    const auto found = std::find_if(source.columns.begin(), source.columns.end(), [&](const Column& column) {
      return !column.star && equal_ignoring_case(column.name, name);
    });
    if (found == source.columns.end()) return std::nullopt;
    Inferred type = found->type;
    type.null_constant = false;
    return type;
  }

  static Inferred constant(const element& body) {
    if (member(body, "isnull")) return {.null_constant = true};
    if (member(body, "ival")) return {.type = ColumnType::integer, .not_null = true};
    if (const auto number = member(body, "fval")) {
      // Integers beyond 32 bits come this way too; beyond 64 bits they are no integers any more.
      const std::string_view digits = text_member(*number, "fval");
      constexpr std::string_view integer_max = "9223372036854775807";
      const bool whole =
          digits.find_first_not_of("0123456789") == std::string_view::npos &&
          (digits.size() < integer_max.size() || (digits.size() == integer_max.size() && digits <= integer_max));
      return {.type = whole ? ColumnType::integer : ColumnType::number, .not_null = true};
    }
    if (member(body, "boolval")) return {.type = ColumnType::boolean, .not_null = true};
    if (member(body, "sval")) return {.type = ColumnType::text, .not_null = true};
    if (member(body, "bsval")) return {.type = ColumnType::blob, .not_null = true};
    return {};
  }

  Inferred operation(const element& body, const Scope& scope) {
    const std::string_view kind = text_member(body, "kind");
    if (kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT")
      return {.type = ColumnType::boolean, .not_null = true};
    const Inferred left = argument(body, "lexpr", scope);
    if (kind == "AEXPR_NULLIF") return {.type = left.type};
    if (kind == "AEXPR_OP") return binary_operation(last_string(body, "name"), left, body, scope);
    // IN, LIKE, BETWEEN, ANY, ALL
    if (kind == "AEXPR_OP_ANY" || kind == "AEXPR_OP_ALL") return {.type = ColumnType::boolean};
    const std::optional<Node> right = node_member(body, "rexpr");
    const bool right_not_null = right && right->kind == "List" ? all_not_null(right->body, "items", scope)
                                                               : argument(body, "rexpr", scope).not_null;
    return {.type = ColumnType::boolean, .not_null = left.not_null && right_not_null};
  }

  Inferred binary_operation(std::string_view name, const Inferred& left, const element& body, const Scope& scope) {
    const bool unary = !member(body, "lexpr");
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

  static Inferred concatenation(const Inferred& left, const Inferred& right, bool not_null) {
    // jsonb || jsonb is JSON on PostgreSQL, and text on SQLite.
    const bool json = left.type == ColumnType::json || right.type == ColumnType::json;
    return {.type = json ? ColumnType::any : ColumnType::text, .not_null = not_null};
  }

  Inferred call(const element& body, const Scope& scope) {
    return function_result(last_string(body, "funcname"), expressions(body, "args", scope));
  }

  Inferred sublink(const element& body, const Scope& scope) {
    const std::string_view type = text_member(body, "subLinkType");
    if (type == "EXISTS_SUBLINK") return {.type = ColumnType::boolean, .not_null = true};
    if (type == "ANY_SUBLINK" || type == "ALL_SUBLINK") return {.type = ColumnType::boolean};
    const std::optional<Node> query = node_member(body, "subselect");
    if (type != "EXPR_SUBLINK" || !query || query->kind != "SelectStmt") return {};
    const Columns columns = select(query->body, scope);
    if (columns.size() != 1 || columns[0].star) return {};
    return {.type = columns[0].type.type, .not_null = columns[0].type.not_null && always_one_row(query->body)};
  }

  // An aggregate over everything, or no FROM at all.
  static bool always_one_row(const element& select) {
    for (const std::string_view clause : {"groupClause", "havingClause", "limitCount", "limitOffset", "valuesLists"}) {
      if (member(select, clause)) return false;
    }
    if (text_member(select, "op") != "SETOP_NONE") return false;
    if (!member(select, "fromClause") && !member(select, "whereClause")) return true;
    const std::optional<element> targets = member(select, "targetList");
    return targets && contains_aggregate(*targets, 0);
  }

  static bool contains_aggregate(const element& value, unsigned depth) {
    constexpr unsigned search_depth_max = 64;
    if (depth > search_depth_max) return false;
    simdjson::dom::array array;
    if (value.get(array) == simdjson::SUCCESS) {
      return std::any_of(array.begin(), array.end(),
                         [&](const element& item) { return contains_aggregate(item, depth + 1); });
    }
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return false;
    for (const auto& field : object) {
      if (field.key == "SubLink") continue;
      if (field.key == "FuncCall" && !member(field.value, "over") &&
          (member(field.value, "agg_star") ||
           is_aggregate(last_string(field.value, "funcname"), list_member(field.value, "args").size()))) {
        return true;
      }
      if (contains_aggregate(field.value, depth + 1)) return true;
    }
    return false;
  }

  Inferred case_expression(const element& body, const Scope& scope) {
    Inferred result{.not_null = true, .null_constant = true};
    for (const element& item : list_member(body, "args")) {
      if (const std::optional<Node> when = node_from(item))
        result = merged(result, argument(when->body, "result", scope));
    }
    const std::optional<element> otherwise = member(body, "defresult");
    result = merged(result, otherwise ? expression(*otherwise, scope) : Inferred{.null_constant = true});
    result.outer = false;
    return result;
  }

  Inferred cast(const element& body, const Scope& scope) {
    const Inferred source = argument(body, "arg", scope);
    const std::optional<element> type = member(body, "typeName");
    if (!type || member(*type, "arrayBounds")) return {.not_null = source.not_null};
    return {.type = cast_type(lower_case(last_string(*type, "names"))), .not_null = source.not_null};
  }

  static Inferred value_function(const element& body) {
    const bool date = text_member(body, "op") == "SVFOP_CURRENT_DATE";
    // CURRENT_TIMESTAMP is 'YYYY-MM-DD HH:MM:SS' on SQLite: text, not a timestamp of RFC 3339.
    return {.type = date ? ColumnType::date : ColumnType::text, .not_null = true};
  }

  const ColumnLookup& lookup_;
  unsigned depth_ = 0;
};

// Known columns stand at both ends; between two stars, nothing is certain.
std::vector<InferredColumn> aligned(const Columns& columns, std::size_t count) {
  std::vector<InferredColumn> result(count);
  const auto put = [&](std::size_t position, const Column& column) {
    result[position] = {.type = column.type.type, .not_null = column.type.not_null, .outer = column.type.outer};
  };
  const bool stars = std::any_of(columns.begin(), columns.end(), [](const Column& column) { return column.star; });
  if (!stars && columns.size() != count) return result;
  for (std::size_t i = 0; i < columns.size() && i < count && !columns[i].star; ++i) put(i, columns[i]);
  if (!stars) return result;
  for (std::size_t i = 0; i < columns.size() && i < count && !columns[columns.size() - 1 - i].star; ++i) {
    put(count - 1 - i, columns[columns.size() - 1 - i]);
  }
  return result;
}

struct ParseResult {
  explicit ParseResult(const std::string& sql) : result(pg_query_parse(sql.c_str())) {}
  ~ParseResult() { pg_query_free_parse_result(result); }
  ParseResult(const ParseResult&) = delete;
  ParseResult& operator=(const ParseResult&) = delete;
  PgQueryParseResult result;
};

}  // namespace

std::vector<InferredColumn> infer_columns(std::string_view sql_with_named_placeholders, std::size_t column_count,
                                          const ColumnLookup& lookup) {
  std::vector<InferredColumn> unknown(column_count);
  if (column_count == 0) return unknown;
  const std::optional<std::string> sql = to_postgres_grammar(sql_with_named_placeholders);
  if (!sql) return unknown;
  const ParseResult parsed(*sql);
  if (parsed.result.error != nullptr || parsed.result.parse_tree == nullptr) return unknown;

  constexpr std::size_t tree_depth_max = 8'192;
  const std::string_view tree(parsed.result.parse_tree);
  simdjson::dom::parser parser;
  element root;
  if (parser.allocate(tree.size(), tree_depth_max) != simdjson::SUCCESS) return unknown;
  if (parser.parse(tree.data(), tree.size()).get(root) != simdjson::SUCCESS) return unknown;
  const std::vector<element> statements = list_member(root, "stmts");
  if (statements.size() != 1) return unknown;
  const std::optional<Node> node = node_member(statements.front(), "stmt");
  if (!node) return unknown;
  return aligned(Inference(lookup).statement(*node), column_count);
}

}  // namespace freshet::sql
