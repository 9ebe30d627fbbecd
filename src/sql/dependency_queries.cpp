// Queries: what a SELECT reads from, what its columns are, and through which of them conditions pass.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/mutant.hpp"
#include "core/text.hpp"
#include "sql/dependency_walk.hpp"
#include "sql/infer_grammar.hpp"
#include "sql/infer_types.hpp"
#include "sql/lexer.hpp"

namespace freshet::sql::dependence {
namespace {

std::string_view alias_of(const TreeItem& body) {
  const std::optional<TreeItem> alias = body.member("alias");
  return alias ? alias->text("aliasname") : std::string_view();
}

std::vector<std::string> strings(const std::vector<TreeItem>& items) {
  std::vector<std::string> texts;
  texts.reserve(items.size());
  for (const TreeItem& item : items) texts.emplace_back(item.string());
  return texts;
}

void rename(Query& query, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (names.size() != query.outputs.size()) {
    query.outputs_known = false;
    return;
  }
  for (std::size_t i = 0; i < names.size(); ++i) query.outputs[i].name = names[i];
}

/// The SELECT of `CREATE VIEW v AS SELECT …`.
std::string_view view_body(std::string_view sql) {
  for (const Token& token : tokenize(sql)) {
    if (is_word(sql, token, "AS")) return sql.substr(token.end());
  }
  return {};
}

/// What of a tree makes one row of many (`aggregates`) or looks at other rows (`windows`); subqueries left out.
void look_for_calls(const TreeItem& item, bool& aggregates, bool& windows, unsigned depth = 0) {
  constexpr unsigned search_depth_max = 500;
  if (depth > search_depth_max) aggregates = windows = true;
  if (aggregates && windows) return;
  for (const auto& [name, below] : item.children()) {
    if (name == "SubLink") continue;
    if (name == "FuncCall") {
      windows = windows || below.has("over");
      aggregates = aggregates || below.has("agg_star") || below.has("agg_filter") ||
                   is_aggregate(lower_case(below.last_string("funcname")), below.list("args").size());
    }
    look_for_calls(below, aggregates, windows, depth + 1);
  }
}

bool sides_matter(const Join& join) {
  if (join.kind == Join::Kind::leaf || !join.left || !join.right) return false;
  return join.kind == Join::Kind::right || join.kind == Join::Kind::full || !join.using_columns.empty() ||
         sides_matter(*join.left) || sides_matter(*join.right);
}

const CommonTables::Entry* find_common_table(const CommonTables* tables, std::string_view name,
                                             const CommonTables*& home) {
  for (home = tables; home != nullptr; home = home->outer) {
    for (const CommonTables::Entry& entry : home->entries) {
      if (equal_ignoring_case(entry.name, name)) return &entry;
    }
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Query> Walk::build(const TreeItem& body, const Query* parent, const CommonTables* common_tables) {
  auto query = std::make_unique<Query>(body);
  if (++queries_ > queries_max || depth_ > depth_max) {
    refuse("the statement is too large to be looked into");
    return query;
  }
  ++depth_;
  query->parent = parent;
  query->common_tables = common_tables;
  if (const auto with = body.member("withClause")) {
    query->common_tables = add_common_tables(*with, parent, common_tables);
  }
  const auto left = body.member("larg");
  const auto right = body.member("rarg");
  if (left && right) {
    build_compound(*query, *left, *right);
  } else {
    for (const TreeItem& item : body.list("fromClause")) query->from.push_back(build_join(*query, item));
    check_commas(*query);
    fill_outputs(*query);
    fill_passes(*query);
  }
  const bool limited = body.has("limitCount") || body.has("limitOffset");
  if (limited && !mutant("conditions_pass_a_limit")) query->passes.clear();
  --depth_;
  return query;
}

// A condition passes into all branches, or into none.
void Walk::build_compound(Query& query, const TreeItem& left, const TreeItem& right) {
  for (const TreeItem& item : {left, right}) {
    query.branches.push_back(build(item, query.parent, query.common_tables));
  }
  const Query& a = *query.branches[0];
  const Query& b = *query.branches[1];
  query.outputs_known = a.outputs_known && b.outputs_known && a.outputs.size() == b.outputs.size();
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    query.outputs.push_back(
        {.name = a.outputs[i].name, .column = std::nullopt, .value = std::nullopt, .when_given = {}});
    if (!query.outputs_known) continue;
    const auto& left_column = a.outputs[i].column;
    const auto& right_column = b.outputs[i].column;
    const bool alike = left_column && right_column && left_column->affinity == right_column->affinity &&
                       left_column->collation == right_column->collation;
    if (alike) query.outputs.back().column = left_column;
    query.passes.push_back(alike && i < a.passes.size() && i < b.passes.size() && a.passes[i] && b.passes[i]);
  }
}

// `a, b JOIN c` is a, (b JOIN c) in this grammar and (a, b) JOIN c for SQLite: the same, unless a side may be missing
// or names are looked for on a side.
void Walk::check_commas(const Query& query) {
  for (std::size_t i = 1; i < query.from.size(); ++i) {
    if (sides_matter(*query.from[i]) || (query.natural && query.from[i]->kind != Join::Kind::leaf)) {
      refuse("a comma stands before a join whose sides matter");
    }
  }
}

const CommonTables* Walk::add_common_tables(const TreeItem& with, const Query* parent, const CommonTables* outer) {
  CommonTables& tables = common_tables_.emplace_back();
  tables.outer = outer;
  tables.parent = parent;
  for (const TreeItem& item : with.list("ctes")) {
    const std::optional<TreeNode> table = item.node();
    if (!table) continue;
    const std::optional<TreeNode> query = table->body.node("ctequery");
    if (!query || query->kind != "SelectStmt") refuse("a common table expression is no query");
    tables.entries.push_back({.name = std::string(table->body.text("ctename")),
                              .body = query ? std::optional(query->body) : std::nullopt,
                              .columns = strings(table->body.list("aliascolnames"))});
  }
  return &tables;
}

std::unique_ptr<Join> Walk::build_join(Query& query, const TreeItem& wrapper) {
  const std::optional<TreeNode> node = wrapper.node();
  auto leaf = std::make_unique<Join>();
  leaf->first = next_source_;
  leaf->source = query.sources.size();
  if (!node || depth_ > depth_max) {
    refuse("FROM could not be read");
  } else if (node->kind == "JoinExpr") {
    ++depth_;
    auto pair = build_pair(query, node->body);
    --depth_;
    return pair;
  }
  Source source{.id = next_source_++, .alias = {}, .table = nullptr, .query = nullptr, .call = std::nullopt};
  if (node && node->kind == "RangeVar") {
    fill_table(query, source, node->body);
  } else if (const auto subquery = node && node->kind == "RangeSubselect" ? node->body.node("subquery") : std::nullopt;
             subquery && subquery->kind == "SelectStmt") {
    source.alias = alias_of(node->body);
    source.query = build(subquery->body, query.parent, query.common_tables);
    if (const auto alias = node->body.member("alias")) rename(*source.query, strings(alias->list("colnames")));
  } else if (node && node->kind == "RangeFunction") {
    source.alias = alias_of(node->body);
    source.call = node->body;
  } else {
    refuse("FROM could not be read");
  }
  query.sources.push_back(std::move(source));
  leaf->end = next_source_;
  return leaf;
}

std::unique_ptr<Join> Walk::build_pair(Query& query, const TreeItem& body) {
  auto join = std::make_unique<Join>();
  join->first = next_source_;
  const std::string_view type = body.text("jointype");
  join->kind = type == "JOIN_LEFT"    ? Join::Kind::left
               : type == "JOIN_RIGHT" ? Join::Kind::right
               : type == "JOIN_FULL"  ? Join::Kind::full
                                      : Join::Kind::inner;
  const auto left = body.member("larg");
  const auto right = body.member("rarg");
  if (!left || !right || body.has("alias")) {
    refuse("a join could not be read");
    return join;
  }
  join->left = build_join(query, *left);
  join->right = build_join(query, *right);
  join->on = body.member("quals");
  join->using_columns = strings(body.list("usingClause"));
  for (const std::string& name : join->using_columns) query.merged_columns.push_back(name);
  if (body.has("isNatural")) query.natural = true;
  query.outer_merge = query.outer_merge || join->kind == Join::Kind::right || join->kind == Join::Kind::full;
  join->end = next_source_;
  return join;
}

void Walk::fill_table(Query& query, Source& source, const TreeItem& body) {
  const std::string_view name = body.text("relname");
  const std::string_view schema = body.text("schemaname");
  const std::string_view alias = alias_of(body);
  source.alias = alias.empty() ? name : alias;
  const CommonTables* home = nullptr;
  if (const auto* entry = schema.empty() ? find_common_table(query.common_tables, name, home) : nullptr) {
    if (!entry->body) return;
    source.query = build_named(*entry->body, entry, home->parent, home);
    if (source.query) rename(*source.query, entry->columns);
    return;
  }
  if (!schema.empty() && !equal_ignoring_case(schema, "main")) return;
  const SchemaTable* table = schema_.table(name);
  if (table == nullptr) return;
  if (table->kind == SchemaTable::Kind::view) {
    source.query = build_view(*table);
  } else {
    source.table = table;
  }
}

std::unique_ptr<Query> Walk::build_view(const SchemaTable& view) {
  const std::optional<std::string> sql = to_postgres_grammar(view_body(view.view_sql));
  std::optional<ParseTree> tree = sql ? ParseTree::parse(*sql) : std::nullopt;
  if (!tree || tree->statement().kind != "SelectStmt") {
    refuse(fmt::format("the view {} is in a grammar that is not read here", view.name));
    return nullptr;
  }
  const TreeItem body = views_.emplace_back(std::move(*tree)).statement().body;
  auto query = build_named(body, &view, nullptr, nullptr);
  if (!query) return nullptr;
  std::vector<std::string> names;
  for (const SchemaColumn& column : view.columns) names.push_back(column.name);
  rename(*query, names);
  if (names.empty()) query->outputs_known = false;
  return query;
}

// nullptr: the reference is to a table that is being built, a recursive one. What was built around such a reference
// keeps its conditions to itself: they would hold for the last rows, not for those on the way there.
std::unique_ptr<Query> Walk::build_named(const TreeItem& body, const void* key, const Query* parent,
                                         const CommonTables* common_tables) {
  if (std::ranges::find(open_, key) != open_.end()) {
    recurring_.insert(key);
    return nullptr;
  }
  open_.push_back(key);
  auto query = build(body, parent, common_tables);
  open_.pop_back();
  if (recurring_.contains(key)) {
    query->passes.clear();
    for (Output& output : query->outputs) {
      output.column.reset();
      output.value.reset();
    }
  }
  return query;
}

void Walk::fill_outputs(Query& query) {
  if (query.body.has("valuesLists")) {
    query.outputs_known = false;
    return;
  }
  for (const TreeItem& item : query.body.list("targetList")) {
    const std::optional<TreeNode> target = item.node();
    const std::optional<TreeItem> value = target ? target->body.member("val") : std::nullopt;
    const std::optional<TreeNode> node = value ? value->node() : std::nullopt;
    if (!node) {
      query.outputs_known = false;
      continue;
    }
    const std::vector<TreeItem> fields =
        node->kind == "ColumnRef" ? node->body.list("fields") : std::vector<TreeItem>();
    const std::optional<TreeNode> last = fields.empty() ? std::nullopt : fields.back().node();
    if (last && last->kind == "A_Star") {
      expand_star(query, fields);
      continue;
    }
    Output output;
    output.name = target->body.text("name");
    if (output.name.empty() && !fields.empty()) output.name = fields.back().string();
    const Operand what = operand(*value, query);
    if (const auto* column = std::get_if<Column>(&what)) output.column = *column;
    if (const auto* constant = std::get_if<BoundValue>(&what)) output.value = *constant;
    if (const auto* guarded = std::get_if<Guarded>(&what)) {
      output.value = guarded->value;
      output.when_given = guarded->when_given;
    }
    query.outputs.push_back(std::move(output));
  }
}

void Walk::expand_star(Query& query, const std::vector<TreeItem>& fields) {
  const std::string_view alias = fields.size() > 1 ? fields[fields.size() - 2].string() : std::string_view();
  if (!query.merged_columns.empty() || query.natural) query.outputs_known = false;
  bool any = false;
  for (const Source& source : query.sources) {
    if (!alias.empty() && !equal_ignoring_case(alias, source.alias)) continue;
    any = true;
    add_source_outputs(query, source);
  }
  if (!any) query.outputs_known = false;
}

void Walk::add_source_outputs(Query& query, const Source& source) {
  std::vector<std::string> names;
  if (source.table != nullptr) {
    for (const SchemaColumn& column : source.table->columns) names.push_back(column.name);
  } else if (source.query && source.query->outputs_known) {
    for (const Output& output : source.query->outputs) names.push_back(output.name);
  } else {
    query.outputs_known = false;
  }
  for (const std::string& name : names) {
    Output output{.name = name, .column = std::nullopt, .value = std::nullopt, .when_given = {}};
    const std::optional<Operand> what = column_of(source, name);
    if (what && std::holds_alternative<Column>(*what)) output.column = std::get<Column>(*what);
    query.outputs.push_back(std::move(output));
  }
}

void Walk::fill_passes(Query& query) const {
  if (!query.outputs_known) return;
  bool aggregates = false;
  bool windows = false;
  for (const std::string_view clause : {"targetList", "havingClause", "sortClause"}) {
    if (const auto item = query.body.member(clause)) look_for_calls(*item, aggregates, windows);
  }
  if (windows) return;
  const bool grouped = aggregates || query.body.has("groupClause") || query.body.has("havingClause");
  for (std::size_t i = 0; i < query.outputs.size(); ++i) {
    const auto& column = query.outputs[i].column;
    query.passes.push_back(column && (!grouped || groups_by(query, *column, i + 1)));
  }
}

bool Walk::groups_by(const Query& query, const Column& column, std::size_t position) const {
  for (const TreeItem& item : query.body.list("groupClause")) {
    const std::optional<TreeNode> node = item.node();
    if (!node) continue;
    if (node->kind == "A_Const") {
      const auto number = node->body.member("ival");
      if (number && number->integer("ival") == static_cast<std::int64_t>(position)) return true;
      continue;
    }
    const Operand what = operand(item, query);
    const auto* grouped = std::get_if<Column>(&what);
    if (grouped != nullptr && grouped->same(column)) return true;
  }
  return false;
}

}  // namespace freshet::sql::dependence
