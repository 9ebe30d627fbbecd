// A definition against its source: what is taken, what is refused, and the query that a rollup stands for.

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "feed/rollup_ddl.hpp"

namespace freshet::feed {
namespace {

using sql::quoted;

bool declared_as(std::string_view type, std::initializer_list<std::string_view> parts) {
  const std::string lower = lower_case(type);
  return std::ranges::any_of(parts, [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool has_sure_values(const sql::SchemaColumn& column) {
  return column.affinity != sql::Affinity::blob && column.collation == sql::Collation::binary;
}

}  // namespace

Rollup::Rollup(sql::RollupDefinition definition, RollupSource source)
    : definition_(std::move(definition)), source_(std::move(source)) {
  check_group_columns();
  for (const sql::RollupMeasure& measure : definition_.measures) {
    values_.emplace_back(measure.text, source_.table, fmt::format("rollup {}", definition_.name));
    check_measure(measure);
  }
  if (!definition_.filter.empty()) {
    filter_.emplace_back(definition_.filter, source_.table, fmt::format("the filter of rollup {}", definition_.name));
  }
  check_names();
}

void Rollup::check_group_columns() const {
  if (definition_.group_by.empty()) {
    throw Error(ErrorKind::config, fmt::format("rollup {}: `group_by` needs a column at least", definition_.name));
  }
  for (const std::string& name : definition_.group_by) {
    const sql::SchemaColumn* const column = source_.table.column(name);
    if (column == nullptr) {
      std::vector<std::string_view> names;
      for (const sql::SchemaColumn& one : source_.table.columns) names.push_back(one.name);
      throw Error(ErrorKind::config,
                  fmt::format("rollup {}: {} has no column `{}`", definition_.name, source_.table.name, name))
          .hinting(did_you_mean(name, names));
    }
    if (column->collation == sql::Collation::other) {
      throw Error(ErrorKind::config, fmt::format("rollup {}: who writes to {} may not know the collation of `{}`",
                                                 definition_.name, source_.table.name, name));
    }
  }
}

void Rollup::check_measure(const sql::RollupMeasure& measure) const {
  const auto refuse = [&](std::string message, std::string hint) {
    throw Error(ErrorKind::config, fmt::format("rollup {}: {}", definition_.name, message)).hinting(std::move(hint));
  };
  const sql::SchemaColumn* const column = measure.plain ? source_.table.column(measure.text) : nullptr;
  if ((measure.min || measure.max) && (column == nullptr || !has_sure_values(*column))) {
    refuse(
        fmt::format("the least or greatest `{}` cannot be kept exact: equal values may look different", measure.text),
        "min and max take columns of a declared type with the collation BINARY");
  }
  if (!measure.sum || column == nullptr) return;
  const std::string& type = source_.column(measure.text)->declared_type;
  const bool integer = declared_as(type, {"int"});
  if (!integer && declared_as(type, {"real", "floa", "doub"})) {
    refuse(fmt::format("the sum of a REAL column, `{}`, cannot be kept exact", measure.text),
           "keep money in integer cents");
  }
  if (column->affinity != sql::Affinity::numeric) {
    refuse(fmt::format("`{}` is declared {} and cannot be summed up exactly", measure.text,
                       type.empty() ? "as nothing" : type),
           "sums are of INTEGER columns");
  }
}

void Rollup::check_names() const {
  std::set<std::string> seen;
  for (const std::string& name : columns()) {
    if (seen.insert(lower_case(name)).second) continue;
    throw Error(ErrorKind::config,
                fmt::format("rollup {}: two of its columns would be called `{}`", definition_.name, name))
        .hinting("give the measure another name: \"expression AS name\"");
  }
  if (equal_ignoring_case(definition_.name, source_.table.name)) {
    throw Error(ErrorKind::config, fmt::format("rollup {}: its source has the same name", definition_.name));
  }
}

bool Rollup::counts(const sql::RollupMeasure& measure) const {
  const SourceColumn* const column = measure.plain ? source_.column(measure.text) : nullptr;
  return measure.sum && (column == nullptr || !column->not_null);
}

bool Rollup::has_extremes() const {
  return std::ranges::any_of(definition_.measures, [](const sql::RollupMeasure& one) { return one.min || one.max; });
}

bool Rollup::nullable_groups() const {
  return std::ranges::any_of(definition_.group_by,
                             [this](const std::string& name) { return !source_.column(name)->not_null; });
}

std::vector<std::string> Rollup::columns() const {
  std::vector<std::string> out;
  for (const std::string& name : definition_.group_by) out.push_back(source_.column(name)->name);
  out.emplace_back(sql::rows_column);
  for (const sql::RollupMeasure& measure : definition_.measures) {
    if (measure.sum) out.push_back(sum_column(measure));
    if (counts(measure)) out.push_back(count_column(measure));
    if (measure.min) out.push_back(min_column(measure));
    if (measure.max) out.push_back(max_column(measure));
  }
  return out;
}

sql::RollupTable Rollup::table() const {
  sql::RollupTable out{
      .definition = definition_, .source = source_.table, .not_null = {}, .columns = columns(), .counted = {}};
  for (const SourceColumn& column : source_.columns) {
    if (column.not_null) out.not_null.insert(lower_case(column.name));
  }
  for (const sql::RollupMeasure& measure : definition_.measures) {
    if (counts(measure)) out.counted.insert(measure.name);
  }
  return out;
}

std::string Rollup::query(std::string_view where) const {
  const RowText text = row("s.");
  std::vector<std::string> outputs = text.groups;
  outputs.emplace_back("count(*)");
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    const sql::RollupMeasure& measure = definition_.measures[i];
    if (measure.sum) outputs.push_back(fmt::format("ifnull(sum({}), 0)", text.values[i]));
    if (counts(measure)) outputs.push_back(fmt::format("count({})", text.values[i]));
    if (measure.min) outputs.push_back(fmt::format("min({})", text.values[i]));
    if (measure.max) outputs.push_back(fmt::format("max({})", text.values[i]));
  }
  std::vector<std::string> conditions;
  if (!text.filter.empty()) conditions.push_back(fmt::format("({})", text.filter));
  if (!where.empty()) conditions.emplace_back(where);
  return fmt::format("SELECT {} FROM {} AS s{}{} GROUP BY {}", fmt::join(outputs, ", "), quoted(source_.table.name),
                     conditions.empty() ? "" : " WHERE ", fmt::join(conditions, " AND "), fmt::join(text.groups, ", "));
}

std::string Rollup::group_query() const {
  if (!has_extremes()) return {};
  std::string where;
  for (const std::string& name : definition_.group_by) {
    where += fmt::format("{}s.{} {} 'x'", where.empty() ? "" : " AND ", quoted(name),
                         source_.column(name)->not_null ? "=" : "IS");
  }
  return query(where);
}

}  // namespace freshet::feed
