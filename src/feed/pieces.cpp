#include "feed/pieces.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "core/time.hpp"
#include "feed/canonical.hpp"

namespace freshet::feed {
namespace {

using sql::BoundColumn;
using sql::BoundValue;

constexpr std::size_t pieces_max = 64;      // more than that is the whole table
constexpr std::size_t conditional_max = 3;  // each doubles the number of shapes

PieceSet whole(const sql::TableDependency& dependency) {
  return {.shape = {.table = dependency.table, .columns = {}}, .values = {{}}};
}

bool is_null(const Argument* argument) {
  return argument == nullptr || (!argument->is_list && std::holds_alternative<Null>(argument->scalar));
}

/// The columns that count: conditional ones beyond a few are left out.
std::vector<const BoundColumn*> columns_of(const sql::TableDependency& dependency) {
  std::vector<const BoundColumn*> columns;
  std::size_t conditional = 0;
  for (const BoundColumn& column : dependency.columns) {
    if (column.when_given.empty() || ++conditional <= conditional_max) columns.push_back(&column);
  }
  return columns;
}

/// As SQL's month_add() has it.
Value month_later(const Value& value, std::int64_t count) {
  const auto* text = std::get_if<std::string>(&value);
  const auto month = text == nullptr ? std::nullopt : parse_month(*text);
  const auto later = month ? add_months(*month, count) : std::nullopt;
  return later ? Value(to_text(*later)) : Value(Null{});
}

/// Adds the canonical values of one item of any_of; false if one cannot be told.
bool add_values(const BoundColumn& column, const BoundValue& bound, const ArgumentLookup& arguments,
                std::vector<std::string>& values) {
  const auto add = [&](const Value& value) {
    std::optional<std::string> text = canonical(value, column.affinity, column.collation);
    if (!text) return false;
    if (std::ranges::find(values, *text) == values.end()) values.push_back(*std::move(text));
    return true;
  };
  if (bound.parameter.empty()) return add(bound.literal);
  const Argument* const argument = arguments(bound.parameter);
  if (argument == nullptr) return false;
  if (bound.months_later) return !argument->is_list && add(month_later(argument->scalar, *bound.months_later));
  if (!argument->is_list) return add(argument->scalar);
  if (!bound.list) return false;  // the whole list as one value: JSON text
  return std::ranges::all_of(argument->items, [&](const Value& item) {
    // Reals go through JSON text on their way into the database.
    return !std::holds_alternative<double>(item) && !std::holds_alternative<Blob>(item) && add(item);
  });
}

}  // namespace

std::vector<Shape> shapes_of(const sql::TableDependency& dependency) {
  std::vector<Shape> shapes{{.table = dependency.table, .columns = {}}};
  std::vector<Shape> partial = shapes;
  for (const BoundColumn* column : columns_of(dependency)) {
    const std::size_t count = partial.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (!column->when_given.empty()) partial.push_back(partial[i]);
      partial[i].columns.push_back(column->column);
    }
  }
  shapes.insert(shapes.end(), partial.begin(), partial.end());
  std::ranges::sort(shapes);
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

PieceSet piece_set_of(const sql::TableDependency& dependency, const ArgumentLookup& arguments) {
  PieceSet set = whole(dependency);
  for (const BoundColumn* column : columns_of(dependency)) {
    if (!column->when_given.empty() && is_null(arguments(column->when_given))) continue;
    std::vector<std::string> values;
    for (const BoundValue& bound : column->any_of) {
      if (!add_values(*column, bound, arguments, values)) return whole(dependency);
    }
    if (set.values.size() * values.size() > pieces_max) return whole(dependency);
    set.shape.columns.push_back(column->column);
    std::vector<std::vector<std::string>> finer;
    finer.reserve(set.values.size() * values.size());
    for (const std::vector<std::string>& before : set.values) {
      for (const std::string& value : values) finer.emplace_back(before).push_back(value);
    }
    set.values = std::move(finer);
  }
  return set;
}

std::vector<Piece> pieces_of(const sql::TableDependency& dependency, const ArgumentLookup& arguments) {
  PieceSet set = piece_set_of(dependency, arguments);
  std::vector<Piece> pieces;
  for (std::vector<std::string>& values : set.values)
    pieces.push_back({.shape = set.shape, .values = std::move(values)});
  return pieces;
}

bool asks_now(const sql::Dependencies& dependencies, const ArgumentLookup& arguments) {
  const auto given = [&](const std::string& name) { return !is_null(arguments(name)); };
  const auto of_now = [&](const std::vector<std::string>& unless) { return std::ranges::none_of(unless, given); };
  if (std::ranges::any_of(dependencies.moment_unless, of_now)) return true;
  return std::ranges::any_of(dependencies.time_parameters, [&](const std::string& name) {
    const Argument* const argument = arguments(name);
    const auto* text = argument == nullptr ? nullptr : std::get_if<std::string>(&argument->scalar);
    return text != nullptr && equal_ignoring_case(trim(*text), "now");
  });
}

}  // namespace freshet::feed
