// Conditions: what names mean, and which equalities a WHERE or an ON makes certain.

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/text.hpp"
#include "sql/dependency_walk.hpp"

namespace freshet::sql::dependence {
namespace {

std::optional<BoundValue> literal(const TreeItem& body) {
  BoundValue bound;
  if (const auto number = body.member("ival")) {
    if (number->has("unclear")) return std::nullopt;
    bound.literal = number->integer("ival");
  } else if (const auto text = body.member("sval")) {
    bound.literal = std::string(text->text("sval"));
  } else if (const auto flag = body.member("boolval")) {
    bound.literal = flag->flag("boolval");
  } else if (const auto real = body.member("fval")) {
    // Integers beyond 32 bits come this way. Reals are no piece that anybody names.
    const std::string_view digits = real->text("fval");
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    bound.literal = whole;
  } else {
    return std::nullopt;
  }
  return bound;
}

bool is_rowid(std::string_view name) {
  constexpr std::array names{std::string_view("rowid"), std::string_view("_rowid_"), std::string_view("oid")};
  return std::ranges::any_of(names, [&](std::string_view other) { return equal_ignoring_case(name, other); });
}

bool is_open(const Source& source) {
  return source.table == nullptr && (!source.query || !source.query->outputs_known);
}

bool names_target(const Query& query, std::string_view name) {
  return std::ranges::any_of(query.body.list("targetList"), [&](const TreeItem& item) {
    const std::optional<TreeNode> target = item.node();
    return target && equal_ignoring_case(target->body.text("name"), name);
  });
}

bool contains(const TreeItem& item, std::string_view kind) {
  return std::ranges::any_of(item.children(),
                             [&](const auto& child) { return child.first == kind || contains(child.second, kind); });
}

/// A value, and the parameter that must not be NULL for it to be known.
std::optional<Guarded> value_of(const Operand& operand) {
  if (const auto* guarded = std::get_if<Guarded>(&operand)) return *guarded;
  if (const auto* bound = std::get_if<BoundValue>(&operand)) return Guarded{.value = *bound, .when_given = {}};
  return std::nullopt;
}

/// Both must be known. False: there is no one parameter that says so.
bool join_guards(std::string& guard, const std::string& other) {
  if (guard.empty()) guard = other;
  return other.empty() || guard == other;
}

bool comparable(const Column& a, const Column& b) { return a.affinity == b.affinity && a.collation == b.collation; }

}  // namespace

Operand Walk::operand(const TreeItem& wrapper, const Query& query) const {
  const std::optional<TreeNode> node = wrapper.node();
  if (!node) return {};
  if (node->kind == "ColumnRef") return column_reference(node->body, query);
  if (node->kind == "CoalesceExpr") return coalesced(node->body);
  if (node->kind == "FuncCall") {
    const std::string_view name = node->body.last_string("funcname");
    if (equal_ignoring_case(name, "ifnull")) return coalesced(node->body);
    return equal_ignoring_case(name, "month_add") ? month_later(node->body, query) : Operand();
  }
  std::optional<BoundValue> bound;
  if (node->kind == "ParamRef") {
    bound = parameter(node->body);
    if (!bound) return earlier_value(node->body);
  }
  if (node->kind == "A_Const") bound = literal(node->body);
  if (!bound) return {};
  return *std::move(bound);
}

const Placeholder* Walk::placeholder(const TreeItem& body) const {
  const std::int64_t number = body.integer("number");
  if (number < 1 || static_cast<std::size_t>(number) > placeholders_.size()) return nullptr;
  return &placeholders_[static_cast<std::size_t>(number) - 1];
}

std::optional<BoundValue> Walk::parameter(const TreeItem& body) const {
  const Placeholder* const found = placeholder(body);
  if (found == nullptr || !found->column.empty()) return std::nullopt;  // of an earlier statement, or `.given`
  return BoundValue{.parameter = found->name, .list = found->in_list, .months_later = std::nullopt, .literal = {}};
}

// :period.month
Operand Walk::earlier_value(const TreeItem& body) const {
  const Placeholder* const found = placeholder(body);
  if (found == nullptr || found->in_list || found->column == "given") return {};
  for (const EarlierStatement& statement : earlier_) {
    if (statement.name != found->name) continue;
    const auto output = std::ranges::find(statement.outputs, found->column, &KnownOutput::column);
    if (output != statement.outputs.end()) return Guarded{.value = output->value, .when_given = output->when_given};
  }
  return {};
}

// coalesce(:p, …) is :p unless that is NULL. A COLLATE among what follows would decide the comparison.
Operand Walk::coalesced(const TreeItem& body) const {
  const std::vector<TreeItem> arguments = body.list("args");
  const std::optional<TreeNode> first = arguments.empty() ? std::nullopt : arguments.front().node();
  if (!first || first->kind != "ParamRef" || contains(body, "CollateClause")) return {};
  const std::optional<BoundValue> bound = parameter(first->body);
  if (!bound) return {};
  return Guarded{.value = *bound, .when_given = bound->parameter};
}

// month_add(:p, -1)
Operand Walk::month_later(const TreeItem& body, const Query& query) const {
  const std::vector<TreeItem> arguments = body.list("args");
  const std::optional<TreeNode> count = arguments.size() == 2 ? arguments[1].node() : std::nullopt;
  const auto number = count && count->kind == "A_Const" ? count->body.member("ival") : std::nullopt;
  if (!number || number->has("unclear")) return {};
  std::optional<Guarded> month = value_of(operand(arguments[0], query));
  if (!month || month->value.parameter.empty() || month->value.list || month->value.months_later) return {};
  month->value.months_later = number->integer("ival");
  return *std::move(month);
}

Operand Walk::column_reference(const TreeItem& body, const Query& query) const {
  const std::vector<TreeItem> fields = body.list("fields");
  if (fields.empty()) return {};
  const std::string_view name = fields.back().string();
  const std::string_view alias = fields.size() > 1 ? fields[fields.size() - 2].string() : std::string_view();
  if (name.empty()) return {};
  for (const Query* around = &query; around != nullptr; around = around->parent) {
    if (const std::optional<Operand> found = find(*around, alias, name)) return *found;
  }
  return {};
}

// nullopt: look further out. What is not certain is nothing.
std::optional<Operand> Walk::find(const Query& query, std::string_view alias, std::string_view name) const {
  bool open = false;
  std::vector<Operand> found;
  for (const Source& source : query.sources) {
    if (!alias.empty() && !equal_ignoring_case(source.alias, alias)) continue;
    open = open || is_open(source) || (source.table != nullptr && is_rowid(name));
    if (const auto operand = column_of(source, name)) found.push_back(*operand);
  }
  const bool merged =
      std::ranges::any_of(query.merged_columns, [&](const auto& other) { return equal_ignoring_case(other, name); });
  if (alias.empty() && (query.natural || (merged && (open || query.outer_merge)))) return Operand();
  if (found.size() == 1 || (found.size() > 1 && merged && alias.empty())) return found.front();
  const bool unclear = !found.empty() || open || (alias.empty() && names_target(query, name));
  return unclear ? std::optional<Operand>(Operand()) : std::nullopt;
}

std::optional<Operand> Walk::column_of(const Source& source, std::string_view name) {
  if (source.table != nullptr) {
    const SchemaColumn* column = source.table->column(name);
    if (column == nullptr) return std::nullopt;
    if (column->generated || column->collation == Collation::other) return Operand();
    return Column{
        .source = source.id, .name = lower_case(name), .affinity = column->affinity, .collation = column->collation};
  }
  if (!source.query) return std::nullopt;
  const Output* found = nullptr;
  for (const Output& output : source.query->outputs) {
    if (!equal_ignoring_case(output.name, name)) continue;
    if (found != nullptr) return Operand();  // two of that name
    found = &output;
  }
  if (found == nullptr) return std::nullopt;
  if (!source.query->outputs_known) return Operand();
  if (found->value && !found->when_given.empty()) {
    return Guarded{.value = *found->value, .when_given = found->when_given};
  }
  if (found->value) return *found->value;
  if (!found->column) return Operand();
  return Column{.source = source.id,
                .name = lower_case(name),
                .affinity = found->column->affinity,
                .collation = found->column->collation};
}

void Walk::add_facts(const TreeItem& wrapper, const Query& query, Facts& facts) const {
  const std::optional<TreeNode> node = wrapper.node();
  if (!node) return;
  if (node->kind == "BoolExpr" && node->body.text("boolop") == "AND_EXPR") {
    for (const TreeItem& item : node->body.list("args")) add_facts(item, query, facts);
  } else if (auto fact = node->kind == "BoolExpr" ? alternatives(node->body, query) : single_fact(wrapper, query)) {
    facts.push_back(*std::move(fact));
  }
}

std::optional<Fact> Walk::single_fact(const TreeItem& wrapper, const Query& query) const {
  const std::optional<TreeNode> node = wrapper.node();
  if (!node) return std::nullopt;
  if (node->kind == "A_Expr") {
    const std::string_view kind = node->body.text("kind");
    if (kind == "AEXPR_BETWEEN") return between(node->body, query);
    return kind == "AEXPR_IN" ? membership(node->body, query) : comparison(node->body, query);
  }
  if (node->kind == "NullTest" && node->body.text("nulltesttype") == "IS_NULL") {
    const auto argument = node->body.member("arg");
    const Operand what = argument ? operand(*argument, query) : Operand();
    if (const auto* column = std::get_if<Column>(&what)) {
      return Fact{.a = *column, .b = std::nullopt, .value = {.any_of = {BoundValue{}}, .when_given = {}}};
    }
  }
  return std::nullopt;
}

// a = b, a IS b
std::optional<Fact> Walk::comparison(const TreeItem& body, const Query& query) const {
  const std::string_view kind = body.text("kind");
  const bool is = kind == "AEXPR_NOT_DISTINCT";
  const bool equals = kind == "AEXPR_OP" && body.list("name").size() == 1 && body.last_string("name") == "=";
  const auto left_item = body.member("lexpr");
  const auto right_item = body.member("rexpr");
  if ((!is && !equals) || !left_item || !right_item) return std::nullopt;
  Operand left = operand(*left_item, query);
  Operand right = operand(*right_item, query);
  if (!std::holds_alternative<Column>(left)) std::swap(left, right);
  const auto* column = std::get_if<Column>(&left);
  if (column == nullptr) return std::nullopt;
  if (const auto* other = std::get_if<Column>(&right)) {
    // Two NULLs are equal for IS, and no NULL is known of a column from outside.
    if (is || !comparable(*column, *other)) return std::nullopt;
    return Fact{.a = *column, .b = *other, .value = {}};
  }
  const std::optional<Guarded> known = value_of(right);
  if (!known) return std::nullopt;
  // A column of a subquery that is a parameter may be missing, and NULL then: for IS only what stands there counts.
  const auto spelled = [](const TreeItem& item) { return item.has("ParamRef") || item.has("A_Const"); };
  if (is && !spelled(*left_item) && !spelled(*right_item)) return std::nullopt;
  return Fact{.a = *column, .b = std::nullopt, .value = {.any_of = {known->value}, .when_given = known->when_given}};
}

// a BETWEEN :p AND :p, as it is written for a list that one month narrows: BETWEEN coalesce(:p, :from) AND
// coalesce(:p, :to)
std::optional<Fact> Walk::between(const TreeItem& body, const Query& query) const {
  const auto left = body.member("lexpr");
  const auto bounds = body.node("rexpr");
  if (!left || !bounds || bounds->kind != "List") return std::nullopt;
  const std::vector<TreeItem> items = bounds->body.list("items");
  const Operand what = operand(*left, query);
  const auto* column = std::get_if<Column>(&what);
  if (column == nullptr || items.size() != 2) return std::nullopt;
  const std::optional<Guarded> low = value_of(operand(items[0], query));
  const std::optional<Guarded> high = value_of(operand(items[1], query));
  if (!low || !high || !(low->value == high->value)) return std::nullopt;
  Constant value{.any_of = {low->value}, .when_given = low->when_given};
  if (!join_guards(value.when_given, high->when_given)) return std::nullopt;
  return Fact{.a = *column, .b = std::nullopt, .value = std::move(value)};
}

// a IN (:list), a IN (1, 2, :x)
std::optional<Fact> Walk::membership(const TreeItem& body, const Query& query) const {
  const auto left = body.member("lexpr");
  const auto list = body.node("rexpr");
  if (body.last_string("name") != "=" || !left || !list || list->kind != "List") return std::nullopt;
  const Operand what = operand(*left, query);
  const auto* column = std::get_if<Column>(&what);
  if (column == nullptr) return std::nullopt;
  Fact fact{.a = *column, .b = std::nullopt, .value = {}};
  for (const TreeItem& item : list->body.list("items")) {
    const Operand value = operand(item, query);
    const auto* bound = std::get_if<BoundValue>(&value);
    if (bound == nullptr) return std::nullopt;
    fact.value.any_of.push_back(*bound);
  }
  return fact.value.any_of.empty() ? std::nullopt : std::optional(std::move(fact));
}

// a = 1 OR a = 2; :p IS NULL OR a = :p
std::optional<Fact> Walk::alternatives(const TreeItem& body, const Query& query) const {
  if (body.text("boolop") != "OR_EXPR") return std::nullopt;
  std::optional<std::string> given;
  std::optional<Fact> result;
  for (const TreeItem& item : body.list("args")) {
    if (auto parameter = null_parameter(item)) {
      if (given && *given != *parameter) return std::nullopt;
      given = std::move(parameter);
      continue;
    }
    std::optional<Fact> fact = single_fact(item, query);
    if (!fact || fact->b || (result && !result->a.same(fact->a))) return std::nullopt;
    if (result) {
      if (!join_guards(result->value.when_given, fact->value.when_given)) return std::nullopt;
      auto& values = result->value.any_of;
      values.insert(values.end(), fact->value.any_of.begin(), fact->value.any_of.end());
    } else {
      result = std::move(fact);
    }
  }
  if (result && given && !join_guards(result->value.when_given, *given)) return std::nullopt;
  return result;
}

// `:p IS NULL`
std::optional<std::string> Walk::null_parameter(const TreeItem& wrapper) const {
  const std::optional<TreeNode> node = wrapper.node();
  if (!node || node->kind != "NullTest" || node->body.text("nulltesttype") != "IS_NULL") return std::nullopt;
  const std::optional<TreeNode> argument = node->body.node("arg");
  if (!argument || argument->kind != "ParamRef") return std::nullopt;
  const std::optional<BoundValue> bound = parameter(argument->body);
  return bound ? std::optional(bound->parameter) : std::nullopt;
}

void Walk::add_using(const Join& join, const Query& query, Facts& facts) const {
  const auto only = [&](const Join& side, std::string_view name) -> std::optional<Column> {
    std::optional<Column> column;
    for (const Source& source : query.sources) {
      if (source.id < side.first || source.id >= side.end) continue;
      const auto what = column_of(source, name);
      if (is_open(source) || (what && (column || !std::holds_alternative<Column>(*what)))) return std::nullopt;
      if (what) column = std::get<Column>(*what);
    }
    return column;
  };
  for (const std::string& name : join.using_columns) {
    const std::optional<Column> left = only(*join.left, name);
    const std::optional<Column> right = only(*join.right, name);
    if (left && right && comparable(*left, *right)) facts.push_back({.a = *left, .b = *right, .value = {}});
  }
}

void Walk::add_on(const Join& join, const Query& query, Facts& facts) const {
  if (join.on) add_facts(*join.on, query, facts);
  add_using(join, query, facts);
}

// The conditions of joins that every row of `join` has met.
void Walk::add_certain_joins(const Join& join, const Query& query, Facts& facts) const {
  if (join.kind == Join::Kind::leaf || !join.left || !join.right) return;
  if (join.kind == Join::Kind::inner) add_on(join, query, facts);
  if (join.kind == Join::Kind::inner || join.kind == Join::Kind::left) add_certain_joins(*join.left, query, facts);
  if (join.kind == Join::Kind::inner || join.kind == Join::Kind::right) add_certain_joins(*join.right, query, facts);
}

}  // namespace freshet::sql::dependence
