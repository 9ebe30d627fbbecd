#include "sql/rollup_block.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/mutant.hpp"
#include "core/text.hpp"

namespace freshet::sql {
namespace {

using Kind = Expression::Kind;

// Functions of their arguments alone, one value for each row; those of the time too, which are the same for all.
constexpr std::array<std::string_view, 48> scalar_functions{"abs",
                                                            "char",
                                                            "coalesce",
                                                            "date",
                                                            "datetime",
                                                            "format",
                                                            "from_minor",
                                                            "hex",
                                                            "ifnull",
                                                            "iif",
                                                            "instr",
                                                            "json",
                                                            "json_array",
                                                            "json_extract",
                                                            "json_object",
                                                            "json_quote",
                                                            "julianday",
                                                            "length",
                                                            "like",
                                                            "lower",
                                                            "ltrim",
                                                            "max",
                                                            "min",
                                                            "month_add",
                                                            "month_of",
                                                            "now",
                                                            "nullif",
                                                            "printf",
                                                            "quote",
                                                            "replace",
                                                            "round",
                                                            "rtrim",
                                                            "sign",
                                                            "strftime",
                                                            "substr",
                                                            "substring",
                                                            "time",
                                                            "to_minor",
                                                            "trim",
                                                            "typeof",
                                                            "unicode",
                                                            "unixepoch",
                                                            "upper",
                                                            "url_encode",
                                                            "current_date",
                                                            "current_time",
                                                            "current_timestamp",
                                                            "glob"};

bool is_scalar(const Expression& call) {
  const bool extreme = call.name == "min" || call.name == "max";
  return !call.star && !call.distinct && call.filter.empty() && !(extreme && call.items.size() < 2) &&
         std::ranges::find(scalar_functions, call.name) != scalar_functions.end();
}

bool is_aggregate(const Expression& call) {
  if (call.name == "min" || call.name == "max") return call.items.size() == 1;
  return call.name == "count" || call.name == "sum" || call.name == "total" || call.name == "avg";
}

class Matcher {
 public:
  Matcher(std::string_view sql, const std::vector<Token>& tokens, const SelectBlock& block, const RollupTable& rollup)
      : sql_(sql), tokens_(tokens), block_(block), rollup_(rollup) {
    for (const std::string& name : rollup.definition.group_by) groups_.insert(lower_case(name));
  }

  std::optional<std::vector<Edit>> match(bool limited) {
    if (!match_where() || !match_group_by() || !match_targets() || !match_order_by()) return std::nullopt;
    if (block_.having && !answer(*block_.having)) return std::nullopt;
    if (limited && !block_.group_by.empty() && !is_ordered() && !mutant("rollup_any_order")) return std::nullopt;
    const std::string as = block_.has_alias ? "" : fmt::format(" AS {}", quoted(block_.written_alias));
    edits_.push_back(
        {.tokens = {block_.table_token, block_.table_token + 1}, .text = quoted(rollup_.definition.name) + as});
    return std::move(edits_);
  }

 private:
  // Names.

  [[nodiscard]] bool is_own(const Expression& column) const {
    return (column.qualifier.empty() || column.qualifier == block_.alias) &&
           rollup_.source.column(column.name) != nullptr;
  }
  [[nodiscard]] bool is_group(const Expression& column) const {
    return is_own(column) && groups_.contains(column.name);
  }
  /// All rows of a group have the very same value, not only one that compares equal.
  [[nodiscard]] bool is_sure(const Expression& column) const {
    const SchemaColumn* const known = rollup_.source.column(column.name);
    return (known->collation == Collation::binary && known->affinity != Affinity::blob) ||
           mutant("rollup_shows_any_spelling");
  }
  [[nodiscard]] bool may_be_null(const Expression& column) const { return !rollup_.not_null.contains(column.name); }

  [[nodiscard]] const SelectBlock::Target* named(const Expression& column) const {
    if (column.kind != Kind::column || !column.qualifier.empty()) return nullptr;
    const auto found = std::ranges::find_if(
        block_.targets, [&](const SelectBlock::Target& target) { return target.alias == column.name; });
    return found == block_.targets.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool is_rollup_column(std::string_view name) const {
    return std::ranges::any_of(rollup_.columns,
                               [&](const std::string& column) { return equal_ignoring_case(column, name); });
  }
  [[nodiscard]] const SelectBlock::Target* numbered(const Expression& expression) const {
    if (expression.kind != Kind::integer || expression.name.size() > 4) return nullptr;
    const std::size_t number = std::stoul(expression.name);
    return number == 0 || number > block_.targets.size() ? nullptr : &block_.targets[number - 1];
  }

  // Columns of the rollup, so that no name of the statement can be meant.
  [[nodiscard]] std::string own(std::string_view column) const {
    return fmt::format("{}.{}", quoted(block_.written_alias), quoted(column));
  }
  [[nodiscard]] std::string text(const TokenRange& range) const {
    const std::size_t begin = tokens_[range.first].offset;
    return std::string(sql_.substr(begin, tokens_[range.end - 1].end() - begin));
  }
  void put(const TokenRange& range, std::string text) { edits_.push_back({.tokens = range, .text = std::move(text)}); }

  // Conditions over groups.

  /// The same for all rows of a group. A column that is not sure may only be compared.
  [[nodiscard]] bool of_groups(const Expression& e) const {
    switch (e.kind) {
      case Kind::column:
        return is_group(e) && is_sure(e);
      case Kind::call:
        if (!is_scalar(e)) return false;
        break;
      case Kind::binary:
      case Kind::between:
      case Kind::in_list:
      case Kind::is_null:
        if (compares_unsure(e)) return true;
        break;
      default:
        break;
    }
    return std::ranges::all_of(e.items, [this](const Expression& item) { return of_groups(item); });
  }

  // `a = 'x'` of a column under NOCASE: its own collation decides, for each row of a group alike.
  [[nodiscard]] bool compares_unsure(const Expression& e) const {
    constexpr std::array<std::string_view, 11> comparisons{
        "=", "!=", "<", "<=", ">", ">=", "is", "is not", "between", "in", "is null"};
    if (std::ranges::find(comparisons, e.name) == comparisons.end()) return false;
    if (e.items[0].kind != Kind::column || !is_group(e.items[0])) return false;
    return std::all_of(e.items.begin() + 1, e.items.end(), [](const Expression& item) {
      return item.kind == Kind::parameter || item.kind == Kind::string || item.kind == Kind::integer ||
             item.kind == Kind::null;
    });
  }

  bool match_where() {
    std::set<std::string> missing;
    if (!rollup_.definition.filter.empty()) {
      const std::vector<Token> tokens = tokenize(rollup_.definition.filter);
      const auto filter = parse_expression(rollup_.definition.filter, tokens, {0, tokens.size()});
      if (!filter) return false;
      for (const Expression* one : conjuncts(*filter)) missing.insert(canonical_text(*one));
    }
    const std::set<std::string> wanted = missing;
    if (block_.where) {
      for (const Expression* one : conjuncts(*block_.where)) {
        const std::string canonical = canonical_text(*one);
        if (wanted.contains(canonical) && all_own(*one)) {
          missing.erase(canonical);
          put(one->tokens, "TRUE");
        } else if (!of_groups(*one)) {
          return false;
        }
      }
    }
    return missing.empty() || mutant("rollup_filter_not_asked");
  }

  [[nodiscard]] bool all_own(const Expression& expression) const {
    bool own_columns = true;
    visit(expression, [&](const Expression& one) {
      own_columns = own_columns && (one.kind != Kind::column || is_own(one));
      return true;
    });
    return own_columns;
  }

  bool match_group_by() {
    for (const Expression& item : block_.group_by) {
      const Expression* expression = &item;
      if (const SelectBlock::Target* target = numbered(item)) expression = &target->expression;
      if (item.kind == Kind::column && !is_own(item)) {
        const SelectBlock::Target* const target = named(item);
        if (target == nullptr || is_rollup_column(item.name)) return false;
        expression = &target->expression;
      }
      const bool group_column = expression->kind == Kind::column && is_group(*expression);
      if (!group_column && (expression->kind == Kind::integer || !of_groups(*expression))) return false;
      grouped_.insert(canonical_text(*expression));
    }
    return true;
  }

  bool match_targets() {
    bool aggregates = false;
    for (const SelectBlock::Target& target : block_.targets) {
      const std::size_t before = edits_.size();
      if (!answer(target.expression)) return false;
      visit(target.expression, [&](const Expression& one) {
        aggregates = aggregates || (one.kind == Kind::call && is_aggregate(one));
        return true;
      });
      if (target.alias.empty() && edits_.size() != before) {  // its name is its text
        edits_.push_back({.tokens = target.tokens, .text = " AS " + quoted(text(target.tokens)), .insert = true});
      }
    }
    return aggregates || !block_.group_by.empty();
  }

  bool match_order_by() {
    for (const Expression& item : block_.order_by) {
      if (numbered(item) != nullptr || named(item) != nullptr) continue;
      if (item.kind == Kind::integer) return false;
      if (item.kind == Kind::column && is_group(item) && grouped_.contains(canonical_text(item))) continue;
      if (!answer(item)) return false;
    }
    return true;
  }

  /// ORDER BY tells every two rows apart.
  [[nodiscard]] bool is_ordered() const {
    std::set<std::string> ordered;
    for (const Expression& item : block_.order_by) {
      const SelectBlock::Target* target = numbered(item);
      if (target == nullptr) target = named(item);
      ordered.insert(canonical_text(target == nullptr ? item : target->expression));
    }
    return std::ranges::includes(ordered, grouped_);
  }

  // Expressions over aggregates and groups.

  bool answer(const Expression& e) {
    if (e.kind == Kind::column) return answer_column(e);
    if (e.kind == Kind::call && is_aggregate(e)) return answer_aggregate(e);
    if (e.kind == Kind::call && !is_scalar(e)) return false;
    if (grouped_.contains(canonical_text(e)) && of_groups(e)) return true;
    return std::ranges::all_of(e.items, [this](const Expression& item) { return answer(item); });
  }

  bool answer_column(const Expression& e) {
    if (is_own(e)) return is_group(e) && is_sure(e) && grouped_.contains(canonical_text(e));
    // An alias, if no column of the rollup has its name.
    return named(e) != nullptr && !is_rollup_column(e.name);
  }

  bool answer_aggregate(const Expression& e) {
    if (!e.filter.empty() && !of_groups(e.filter.front())) return false;
    if (e.name == "count") return answer_count(e);
    if (e.items.size() != 1 || e.star) return false;
    if (e.name == "min" || e.name == "max") return answer_extreme(e);
    if (e.distinct) return false;
    const RollupMeasure* const measure = measure_of(e.items[0]);
    if (measure == nullptr || !measure->sum) return e.name == "sum" && answer_sum_of_choice(e);
    const std::string sum = own(sum_column(*measure));
    if (e.name == "sum") {
      put(e.tokens, fmt::format("sum({}){}", sum, filter(e, counted(*measure) ? has_values(*measure) : std::string())));
    } else if (e.name == "total") {
      put(e.tokens, fmt::format("total({}){}", sum, filter(e, {})));
    } else {
      put(e.tokens, fmt::format("(total({0}){2} / sum({1}){2})", sum, count_of(*measure), filter(e, {})));
    }
    return true;
  }

  bool answer_count(const Expression& e) {
    const std::string rows = own(rows_column);
    if (e.star || (!e.distinct && e.items.size() == 1 && is_never_null(e.items[0]))) {
      return put_count(e, fmt::format("sum({}){}", rows, filter(e, {})));
    }
    if (e.items.size() != 1) return false;
    const Expression& of = e.items[0];
    const bool group_column = of.kind == Kind::column && is_group(of);
    if (e.distinct) return group_column && is_sure(of);
    if (const RollupMeasure* const measure = measure_of(of); measure != nullptr && counted(*measure)) {
      return put_count(e, fmt::format("sum({}){}", count_of(*measure), filter(e, {})));
    }
    if (!group_column) return false;
    return put_count(e, fmt::format("sum({}){}", rows, filter(e, text(of.tokens) + " IS NOT NULL")));
  }

  // The sum of no counts is NULL, the count of no rows 0.
  bool put_count(const Expression& e, const std::string& sum) {
    put(e.tokens, mutant("rollup_count_of_nothing") ? sum : fmt::format("coalesce({}, 0)", sum));
    return true;
  }

  bool answer_extreme(const Expression& e) {
    const Expression& of = e.items[0];
    if (of.kind == Kind::column && is_group(of)) return is_sure(of);
    const RollupMeasure* const measure = measure_of(of);
    const bool least = e.name == "min";
    if (measure == nullptr || !(least ? measure->min : measure->max)) return false;
    put(e.tokens,
        fmt::format("{}({}){}", e.name, own(least ? min_column(*measure) : max_column(*measure)), filter(e, {})));
    return true;
  }

  // sum(CASE WHEN category = 'a' THEN amount ELSE 0 END): which branch is taken is the same for all rows of a group.
  bool answer_sum_of_choice(const Expression& e) {
    const Expression& choice = e.items[0];
    if (choice.kind != Kind::choice) return false;
    std::vector<const Expression*> results;
    std::size_t at = 0;
    if (choice.has_operand && !of_groups(choice.items[at++])) return false;
    for (; at + 1 < choice.items.size(); at += 2) {
      if (!of_groups(choice.items[at])) return false;
      results.push_back(&choice.items[at + 1]);
    }
    if (choice.has_otherwise) results.push_back(&choice.items.back());
    return std::ranges::all_of(results, [this](const Expression* result) { return answer_result(*result); });
  }

  bool answer_result(const Expression& e) {
    if (e.kind == Kind::null || (e.kind == Kind::integer && e.name == "0")) return true;
    if (e.kind == Kind::integer && e.name.size() <= 6) {
      put(e.tokens, fmt::format("{} * {}", e.name, own(rows_column)));
      return true;
    }
    const RollupMeasure* const measure = measure_of(e);
    if (measure == nullptr || !measure->sum) return false;
    const std::string sum = own(sum_column(*measure));
    put(e.tokens, counted(*measure) ? fmt::format("CASE WHEN {} THEN {} END", has_values(*measure), sum) : sum);
    return true;
  }

  [[nodiscard]] const RollupMeasure* measure_of(const Expression& e) const {
    if (!all_own(e)) return nullptr;
    const std::string canonical = canonical_text(e);
    const auto& all = rollup_.definition.measures;
    const auto found = std::ranges::find(all, canonical, &RollupMeasure::canonical);
    return found == all.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool counted(const RollupMeasure& measure) const { return rollup_.counted.contains(measure.name); }
  [[nodiscard]] std::string count_of(const RollupMeasure& measure) const {
    return own(counted(measure) ? count_column(measure) : std::string(rows_column));
  }
  [[nodiscard]] std::string has_values(const RollupMeasure& measure) const {
    return fmt::format("{} > 0", own(count_column(measure)));
  }
  [[nodiscard]] bool is_never_null(const Expression& e) const {
    if (e.kind == Kind::integer || e.kind == Kind::string || e.kind == Kind::real) return true;
    return e.kind == Kind::column && is_own(e) && !may_be_null(e);
  }

  [[nodiscard]] std::string filter(const Expression& e, const std::string& also) const {
    std::string condition = e.filter.empty() ? std::string() : fmt::format("({})", text(e.filter.front().tokens));
    if (!also.empty()) condition += (condition.empty() ? "" : " AND ") + also;
    return condition.empty() ? condition : fmt::format(" FILTER (WHERE {})", condition);
  }

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  const SelectBlock& block_;
  const RollupTable& rollup_;
  std::set<std::string> groups_;   // columns of the rollup's groups, in lower case
  std::set<std::string> grouped_;  // what the SELECT groups by, canonical
  std::vector<Edit> edits_;
};

}  // namespace

std::optional<std::vector<Edit>> answer_block(std::string_view sql, const std::vector<Token>& tokens,
                                              const SelectBlock& block, const RollupTable& rollup, bool limited) {
  return Matcher(sql, tokens, block, rollup).match(limited);
}

}  // namespace freshet::sql
