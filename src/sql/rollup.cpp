#include "sql/rollup.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace freshet::sql {
namespace {

// `expression AS name` cut in two; the name is empty if there is none.
std::pair<TokenRange, std::string> split_name(std::string_view text, const std::vector<Token>& tokens) {
  const std::size_t count = tokens.size();
  if (count > 2 && is_word(text, tokens[count - 2], "AS")) {
    return {{0, count - 2}, identifier_of(text_of(text, tokens[count - 1]))};
  }
  return {{0, count}, {}};
}

bool is_plain_name(std::string_view name) {
  const auto fits = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !name.empty() && name.size() <= 60 && std::ranges::all_of(name, fits);
}

RollupMeasure read_measure(std::string_view text) {
  const std::vector<Token> tokens = tokenize(text);
  const auto [range, name] = split_name(text, tokens);
  const std::optional<Expression> tree = parse_expression(text, tokens, range);
  if (!tree) throw Error(ErrorKind::config, fmt::format("`{}` is no expression that a rollup can hold", text));
  RollupMeasure measure;
  measure.plain = tree->kind == Expression::Kind::column && tree->qualifier.empty();
  if (range.empty() || tree->tokens.empty()) return measure;
  const std::size_t begin = tokens[range.first].offset;
  measure.text = text.substr(begin, tokens[range.end - 1].end() - begin);
  measure.canonical = canonical_text(*tree);
  measure.name = !name.empty() ? name : measure.plain ? identifier_of(text_of(text, tokens[range.first])) : "";
  if (measure.name.empty()) {
    throw Error(ErrorKind::config, fmt::format("`{}` needs a name", text))
        .hinting(fmt::format("write \"{} AS name\"", text));
  }
  if (!is_plain_name(measure.name)) {
    throw Error(ErrorKind::config, fmt::format("`{}` cannot be part of a column's name", measure.name))
        .hinting(fmt::format("write \"{} AS name\", with letters, digits and _", measure.text));
  }
  return measure;
}

}  // namespace

void add_measure(RollupDefinition& definition, std::string_view text, RollupAggregate aggregate) {
  RollupMeasure measure = read_measure(text);
  auto found = std::ranges::find_if(definition.measures, [&](const RollupMeasure& other) {
    return equal_ignoring_case(other.name, measure.name) || other.canonical == measure.canonical;
  });
  if (found != definition.measures.end() &&
      (found->canonical != measure.canonical || !equal_ignoring_case(found->name, measure.name))) {
    throw Error(ErrorKind::config, fmt::format("`{}` and `{} AS {}` are one thing under two names, or two under one",
                                               text, found->text, found->name));
  }
  if (found == definition.measures.end()) {
    definition.measures.push_back(std::move(measure));
    found = std::prev(definition.measures.end());
  }
  (aggregate == RollupAggregate::sum ? found->sum : aggregate == RollupAggregate::min ? found->min : found->max) = true;
}

std::string canonical_text(const RollupDefinition& definition) {
  std::string out =
      fmt::format("{} of {} by {}", definition.name, definition.source, fmt::join(definition.group_by, ", "));
  if (!definition.filter.empty()) {
    const std::vector<Token> tokens = tokenize(definition.filter);
    const auto tree = parse_expression(definition.filter, tokens, {0, tokens.size()});
    out += fmt::format(" where {}", tree ? canonical_text(*tree) : definition.filter);
  }
  for (const RollupMeasure& measure : definition.measures) {
    out += fmt::format("; {} = {}{}{}{}", measure.name, measure.canonical, measure.sum ? " sum" : "",
                       measure.min ? " min" : "", measure.max ? " max" : "");
  }
  return out;
}

std::string sum_column(const RollupMeasure& measure) { return "sum_" + measure.name; }
std::string count_column(const RollupMeasure& measure) { return "cnt_" + measure.name; }
std::string min_column(const RollupMeasure& measure) { return "min_" + measure.name; }
std::string max_column(const RollupMeasure& measure) { return "max_" + measure.name; }

}  // namespace freshet::sql
