// Relations: what columns a SELECT, a FROM and a WITH have, and which of them a name means.

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "sql/infer_walk.hpp"

namespace freshet::sql::inference {
namespace {

bool has_star(const Columns& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const Column& column) { return column.star; });
}

Columns renamed(Columns columns, const std::vector<TreeItem>& names) {
  if (names.empty()) return columns;
  if (has_star(columns)) columns.assign(names.size(), Column{});
  for (std::size_t i = 0; i < std::min(names.size(), columns.size()); ++i) columns[i].name = names[i].string();
  return columns;
}

std::string_view alias_of(const TreeItem& body) {
  const std::optional<TreeItem> alias = body.member("alias");
  return alias ? alias->text("aliasname") : std::string_view();
}

const Source* find_cte(const Scope& scope, std::string_view name) {
  for (const Scope* s = &scope; s != nullptr; s = s->parent) {
    const auto found = std::find_if(s->ctes.rbegin(), s->ctes.rend(),
                                    [&](const Source& cte) { return equal_ignoring_case(cte.alias, name); });
    if (found != s->ctes.rend()) return &*found;
  }
  return nullptr;
}

Source table_source(const TreeItem& body, const Scope& scope) {
  const std::string_view name = body.text("relname");
  const std::string_view alias = alias_of(body);
  Source source;
  const Source* cte = body.has("schemaname") ? nullptr : find_cte(scope, name);
  if (cte != nullptr) {
    source = *cte;
  } else {
    source.table = name;
    source.open = true;
  }
  source.alias = alias.empty() ? name : alias;
  return source;
}

std::optional<std::vector<TreeItem>> star_fields(const TreeNode& node) {
  if (node.kind != "ColumnRef") return std::nullopt;
  std::vector<TreeItem> fields = node.body.list("fields");
  if (fields.empty()) return std::nullopt;
  const std::optional<TreeNode> last = fields.back().node();
  return last && last->kind == "A_Star" ? std::optional(std::move(fields)) : std::nullopt;
}

// Tables have as many columns as the schema says, which is not known here; everything else is spelled out.
void expand_star(const std::vector<TreeItem>& fields, const Scope& scope, Columns& columns) {
  const std::string_view alias = fields.size() > 1 ? fields[fields.size() - 2].string() : std::string_view();
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

}  // namespace

Columns Walk::statement(const TreeNode& node) {
  const Scope nothing;
  if (node.kind == "SelectStmt") return select(node.body, nothing);
  Scope scope;
  add_ctes(node.body, scope);
  if (const auto relation = node.body.member("relation")) scope.sources.push_back(table_source(*relation, scope));
  for (const std::string_view clause : {"fromClause", "usingClause"}) {
    for (const TreeItem& item : node.body.list(clause)) add_source(item, scope, false);
  }
  return targets(node.body.list("returningList"), scope);
}

Columns Walk::select(const TreeItem& body, const Scope& outer) {
  const Level level(depth_);
  if (level.too_deep()) return {{.name = {}, .type = {}, .star = true}};
  Scope scope;
  scope.parent = &outer;
  add_ctes(body, scope);
  if (body.text("op") != "SETOP_NONE") return set_operation(body, scope);
  if (const std::vector<TreeItem> rows = body.list("valuesLists"); !rows.empty()) return values(rows, scope);
  for (const TreeItem& item : body.list("fromClause")) add_source(item, scope, false);
  return targets(body.list("targetList"), scope);
}

Columns Walk::set_operation(const TreeItem& body, const Scope& scope) {
  const std::optional<TreeItem> left = body.member("larg");
  const std::optional<TreeItem> right = body.member("rarg");
  if (!left || !right) return {};
  Columns columns = select(*left, scope);
  const Columns others = select(*right, scope);
  const bool aligned = columns.size() == others.size() && !has_star(columns) && !has_star(others);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].type = aligned ? merged(columns[i].type, others[i].type) : Inferred{};
  }
  return columns;
}

Columns Walk::values(const std::vector<TreeItem>& rows, const Scope& scope) {
  Columns columns;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::optional<TreeNode> row = rows[r].node();
    if (!row) return {};
    const std::vector<TreeItem> items = row->body.list("items");
    if (r == 0) columns.resize(items.size());
    for (std::size_t i = 0; i < std::min(items.size(), columns.size()); ++i) {
      const Inferred type = expression(items[i], scope);
      columns[i].type = r == 0 ? type : merged(columns[i].type, type);
      columns[i].name = fmt::format("column{}", i + 1);
    }
  }
  return columns;
}

void Walk::add_ctes(const TreeItem& body, Scope& scope) {
  const std::optional<TreeItem> with = body.member("withClause");
  if (!with) return;
  const bool recursive = with->has("recursive");
  for (const TreeItem& item : with->list("ctes")) {
    if (const std::optional<TreeNode> cte = item.node())
      scope.ctes.push_back(common_table(cte->body, scope, recursive));
  }
}

Source Walk::common_table(const TreeItem& cte, Scope& scope, bool recursive) {
  Source source{.alias = std::string(cte.text("ctename")), .table = {}, .columns = {}};
  const std::vector<TreeItem> names = cte.list("aliascolnames");
  const std::optional<TreeNode> query = cte.node("ctequery");
  const Level level(depth_);
  if (!query || level.too_deep()) return source;
  if (query->kind != "SelectStmt") {
    source.columns = statement(*query);
  } else if (const auto first = recursive ? query->body.member("larg") : std::nullopt) {
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

void Walk::add_source(const TreeItem& wrapper, Scope& scope, bool outer) {
  const Level level(depth_);
  const std::optional<TreeNode> node = wrapper.node();
  if (!node || level.too_deep()) return;
  if (node->kind == "JoinExpr") {
    const std::string_view type = node->body.text("jointype");
    scope.merges_columns = scope.merges_columns || node->body.has("usingClause") || node->body.has("isNatural");
    const bool left_optional = type == "JOIN_RIGHT" || type == "JOIN_FULL";
    const bool right_optional = type == "JOIN_LEFT" || type == "JOIN_FULL";
    if (const auto left = node->body.member("larg")) add_source(*left, scope, outer || left_optional);
    if (const auto right = node->body.member("rarg")) add_source(*right, scope, outer || right_optional);
    return;
  }
  Source source = node->kind == "RangeVar" ? table_source(node->body, scope) : derived_source(*node, scope);
  source.outer = outer;
  scope.sources.push_back(std::move(source));
}

Source Walk::derived_source(const TreeNode& node, const Scope& scope) {
  Source source{.alias = std::string(alias_of(node.body)), .table = {}, .columns = {}};
  const std::optional<TreeNode> query =
      node.kind == "RangeSubselect" ? node.body.node("subquery") : std::optional<TreeNode>();
  if (query && query->kind == "SelectStmt") {
    source.columns = select(query->body, scope);
    if (const auto alias = node.body.member("alias")) {
      source.columns = renamed(std::move(source.columns), alias->list("colnames"));
    }
  }
  source.open = !query || has_star(source.columns);
  return source;
}

Columns Walk::targets(const std::vector<TreeItem>& list, const Scope& scope) {
  Columns columns;
  for (const TreeItem& item : list) {
    const std::optional<TreeNode> target = item.node();
    if (!target) continue;
    const std::optional<TreeItem> value = target->body.member("val");
    const std::optional<TreeNode> node = value ? value->node() : std::nullopt;
    if (!node) {
      columns.emplace_back();
    } else if (const auto fields = star_fields(*node)) {
      expand_star(*fields, scope, columns);
    } else {
      std::string_view name = target->body.text("name");
      if (name.empty() && node->kind == "ColumnRef") name = node->body.last_string("fields");
      columns.push_back({.name = std::string(name), .type = expression(*value, scope)});
    }
  }
  return columns;
}

Inferred Walk::column_reference(const TreeItem& body, const Scope& scope) const {
  const std::vector<TreeItem> fields = body.list("fields");
  if (fields.empty()) return {};
  const std::string_view name = fields.back().string();
  const std::string_view alias = fields.size() > 1 ? fields[fields.size() - 2].string() : std::string_view();
  for (const Scope* s = &scope; s != nullptr; s = s->parent) {
    if (const auto found = find_column(*s, alias, name)) return *found;
  }
  return {};
}

// nullopt: look further out.
std::optional<Inferred> Walk::find_column(const Scope& scope, std::string_view alias, std::string_view name) const {
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

std::optional<Inferred> Walk::column_of(const Source& source, std::string_view name) const {
  if (!source.table.empty()) {
    if (lookup_ == nullptr) return std::nullopt;
    const std::optional<InferredColumn> column = lookup_(source.table, name);
    if (!column) return std::nullopt;
    return Inferred{.type = column->type, .not_null = column->not_null, .declared = true};
  }
  const auto found = std::find_if(source.columns.begin(), source.columns.end(), [&](const Column& column) {
    return !column.star && equal_ignoring_case(column.name, name);
  });
  if (found == source.columns.end()) return std::nullopt;
  Inferred type = found->type;
  type.null_constant = false;
  return type;
}

}  // namespace freshet::sql::inference
