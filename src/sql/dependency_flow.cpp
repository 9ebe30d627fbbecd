// The flow of facts: from a query's conditions and its surroundings to each of its references, through subqueries,
// views and common table expressions.

#include <algorithm>
#include <utility>

#include "core/mutant.hpp"
#include "core/text.hpp"
#include "sql/dependency_walk.hpp"
#include "sql/volatile_functions.hpp"

namespace freshet::sql::dependence {
std::vector<TableDependency> Walk::statement(const TreeNode& node) {
  if (node.kind != "SelectStmt") {
    refuse("only queries are looked into");
    return {};
  }
  const std::unique_ptr<Query> query = build(node.body, nullptr, nullptr);
  depend(*query, {});
  return std::move(found_);
}

// `facts` hold wherever this query's answer matters.
void Walk::depend(const Query& query, const Facts& facts) {
  if (depth_ > depth_max || !refusal_.empty()) {
    refuse("the statement nests too deeply to be looked into");
    return;
  }
  ++depth_;
  if (!query.branches.empty()) {
    depend_branches(query, facts);
    for (const std::string_view clause : {"sortClause", "limitCount", "limitOffset"}) {
      if (const auto item = query.body.member(clause)) look_into(*item, query, facts);
    }
    --depth_;
    return;
  }
  Facts all = facts;
  if (const auto where = query.body.member("whereClause")) add_facts(*where, query, all);
  for (const auto& join : query.from) add_certain_joins(*join, query, all);
  for (const auto& join : query.from) depend_join(*join, query, all, facts);
  for (const auto& [clause, item] : query.body.children()) {
    if (clause == "fromClause" || clause == "withClause") continue;
    const bool once = clause == "limitCount" || clause == "limitOffset";
    look_into(item, query, once ? facts : all);
  }
  --depth_;
}

// The facts of a compound are about its columns by position: each branch has columns of its own.
void Walk::depend_branches(const Query& query, const Facts& facts) {
  for (const auto& branch : query.branches) {
    Facts inner = facts;
    for (std::size_t i = 0; i < query.outputs.size() && i < query.pushed.size(); ++i) {
      if (!query.pushed[i]) continue;
      if (branch->branches.empty()) {
        inner.push_back({.a = *branch->outputs[i].column, .b = std::nullopt, .value = *query.pushed[i]});
      }
    }
    if (!branch->branches.empty()) branch->pushed = query.pushed;
    depend(*branch, inner);
  }
}

// `facts` hold for the rows of this part of FROM that matter; `outside` are those from around the query.
void Walk::depend_join(const Join& join, const Query& query, const Facts& facts, const Facts& outside) {
  if (join.kind == Join::Kind::leaf) {
    const Source& source = query.sources[join.source];
    if (source.call) look_into(*source.call, query, outside);
    return depend_source(source, facts, outside);
  }
  if (!join.left || !join.right) return;
  const bool left_optional = join.kind == Join::Kind::right || join.kind == Join::Kind::full;
  const bool right_optional = join.kind == Join::Kind::left || join.kind == Join::Kind::full;
  // Where a side may be missing, a condition on it says nothing of which of its rows matter; ON does, unless its rows
  // come through without a partner too.
  const auto of_side = [&](const Join& side, bool optional) {
    if (!optional) return facts;
    Facts inner = mutant("optional_side_narrowed_by_where") ? facts : without(facts, side.first, side.end);
    if (join.kind != Join::Kind::full) add_on(join, query, inner);
    add_certain_joins(side, query, inner);
    return inner;
  };
  const Facts left = of_side(*join.left, left_optional);
  const Facts right = of_side(*join.right, right_optional);
  depend_join(*join.left, query, left, outside);
  depend_join(*join.right, query, right, outside);
  if (join.on) {
    const Facts& met = join.kind == Join::Kind::inner   ? facts
                       : join.kind == Join::Kind::left  ? right
                       : join.kind == Join::Kind::right ? left
                                                        : outside;
    look_into(*join.on, query, met);
  }
}

void Walk::depend_source(const Source& source, const Facts& facts, const Facts& outside) {
  if (source.table != nullptr) return record(source, facts);
  if (!source.query) return;
  Facts inner = outside;
  Query& query = *source.query;
  query.pushed.assign(query.outputs.size(), std::nullopt);
  for (std::size_t i = 0; i < query.outputs.size() && i < query.passes.size(); ++i) {
    if (!query.outputs_known || !query.passes[i]) continue;
    query.pushed[i] = constant_of(facts, source.id, lower_case(query.outputs[i].name));
    if (query.pushed[i] && query.branches.empty()) {
      inner.push_back({.a = *query.outputs[i].column, .b = std::nullopt, .value = *query.pushed[i]});
    }
  }
  depend(query, inner);
}

// Subqueries within expressions, and calls.
void Walk::look_into(const TreeItem& item, const Query& query, const Facts& facts) {
  if (++expression_depth_ > expression_depth_max) refuse("the statement nests too deeply to be looked into");
  for (const auto& [name, below] : item.children()) {
    if (!refusal_.empty()) break;
    if (name == "SubLink") {
      look_into_select(below, query, facts);
    } else if (name == "SelectStmt" || name == "RangeVar" || name == "RangeSubselect") {
      refuse("a subquery stands where none is looked for");
    } else {
      if (name == "FuncCall") note_call(below);
      look_into(below, query, facts);
    }
  }
  --expression_depth_;
}

void Walk::look_into_select(const TreeItem& sublink, const Query& query, const Facts& facts) {
  if (const auto test = sublink.member("testexpr")) look_into(*test, query, facts);
  const std::optional<TreeNode> select = sublink.node("subselect");
  if (!select || select->kind != "SelectStmt") return refuse("a subquery could not be read");
  const std::unique_ptr<Query> inner = build(select->body, &query, query.common_tables);
  depend(*inner, facts);
}

void Walk::note_call(const TreeItem& body) {
  if (!is_date_function(lower_case(body.last_string("funcname")))) return;
  const std::vector<TreeItem> arguments = body.list("args");
  const bool formats = equal_ignoring_case(body.last_string("funcname"), "strftime");
  if (arguments.size() < (formats ? 2U : 1U)) asks_time_ = true;
  for (const TreeItem& item : arguments) {
    const std::optional<TreeNode> argument = item.node();
    if (!argument) continue;
    if (argument->kind == "ParamRef") {
      const std::optional<BoundValue> bound = parameter(argument->body);
      bound ? static_cast<void>(time_parameters_.insert(bound->parameter)) : static_cast<void>(asks_time_ = true);
    }
    const auto text = argument->kind == "A_Const" ? argument->body.member("sval") : std::nullopt;
    if (text && equal_ignoring_case(trim(text->text("sval")), "now")) asks_time_ = true;
  }
}

void Walk::record(const Source& source, const Facts& facts) {
  TableDependency dependency{.table = source.table->name, .columns = {}, .reason = {}};
  for (const SchemaColumn& column : source.table->columns) {
    const std::optional<Constant> value = constant_of(facts, source.id, lower_case(column.name));
    if (!value) continue;
    dependency.columns.push_back({.column = column.name,
                                  .any_of = value->any_of,
                                  .when_given = value->when_given,
                                  .affinity = column.affinity,
                                  .collation = column.collation});
  }
  std::ranges::sort(dependency.columns, {}, &BoundColumn::column);
  if (dependency.columns.empty())
    dependency.reason = "no equality with a parameter or a literal holds for all its rows";
  found_.push_back(std::move(dependency));
}

}  // namespace freshet::sql::dependence
