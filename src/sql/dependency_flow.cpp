// The flow of facts: from a query's conditions and its surroundings to each of its references, through subqueries,
// views and common table expressions.

#include <algorithm>
#include <array>
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
  note_outputs(*query);
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
      if (date_calls_ != 0) note_time(name, below);
      if (name == "CoalesceExpr") {
        look_into_coalesce(below, query, facts);
      } else if (name == "FuncCall") {
        look_into_call(below, query, facts);
      } else {
        look_into(below, query, facts);
      }
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

// What stands behind a parameter counts only while that is NULL.
void Walk::look_into_coalesce(const TreeItem& body, const Query& query, const Facts& facts) {
  const std::size_t around = guards_.size();
  for (const TreeItem& item : body.list("args")) {
    look_into(item, query, facts);
    const std::optional<TreeNode> argument = item.node();
    const auto bound = argument && argument->kind == "ParamRef" ? parameter(argument->body) : std::nullopt;
    if (bound) guards_.push_back(bound->parameter);
  }
  guards_.resize(around);
}

void Walk::look_into_call(const TreeItem& body, const Query& query, const Facts& facts) {
  const std::string name = lower_case(body.last_string("funcname"));
  if (is_volatile_function(name)) note_moment(volatile_calls_[name]);
  const bool date = is_date_function(name);
  if (date && body.list("args").size() < (name == "strftime" ? 2U : 1U)) note_moment(asked_time_);
  if (date) ++date_calls_;
  name == "ifnull" ? look_into_coalesce(body, query, facts) : look_into(body, query, facts);
  if (date) --date_calls_;
}

// Within the arguments of a date function: 'now', or what may be.
void Walk::note_time(std::string_view kind, const TreeItem& body) {
  if (kind == "A_Const") {
    const auto text = body.member("sval");
    if (text && equal_ignoring_case(trim(text->text("sval")), "now")) note_moment(asked_time_);
  } else if (kind == "ParamRef") {
    const Placeholder* const found = placeholder(body);
    if (found != nullptr && found->column.empty()) {
      time_parameters_.insert(found->name);
    } else if (found == nullptr || found->column != "given") {
      note_moment(asked_time_);
    }
  }
}

void Walk::note_moment(Moments& moments) const {
  if (guards_.empty()) {
    moments.always = true;
  } else {
    moments.unless.insert(guards_);
  }
}

void Walk::note_outputs(const Query& query) {
  constexpr std::array clauses{std::string_view("fromClause"),  std::string_view("whereClause"),
                               std::string_view("groupClause"), std::string_view("havingClause"),
                               std::string_view("limitCount"),  std::string_view("limitOffset"),
                               std::string_view("valuesLists")};
  const auto has = [&](std::string_view clause) { return query.body.has(clause); };
  if (!query.branches.empty() || !query.outputs_known || std::ranges::any_of(clauses, has)) return;
  for (const Output& output : query.outputs) {
    if (!output.value || output.value->parameter.empty() || output.name.empty()) continue;
    outputs_.push_back({.column = output.name, .value = *output.value, .when_given = output.when_given});
  }
}

void Walk::record(const Source& source, const Facts& facts) {
  // Each doubles the shapes that somebody has to watch. Those that stand first in their table tend to say most of a
  // row.
  constexpr std::size_t conditional_max = 3;
  std::size_t conditional = 0;
  TableDependency dependency{.table = source.table->name, .columns = {}, .reason = {}};
  for (const SchemaColumn& column : source.table->columns) {
    const std::optional<Constant> value = constant_of(facts, source.id, lower_case(column.name));
    if (!value || (!value->when_given.empty() && ++conditional > conditional_max)) continue;
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
