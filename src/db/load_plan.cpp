#include "db/load_plan.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "db/insert_statement.hpp"

namespace freshet::db {

namespace {

constexpr std::string_view line_number_name = "line_number";

/// "Customer ID", "customer_id" and "CustomerId" are the same word.
std::string plain_name(std::string_view name) {
  std::string plain = lower_case(name);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '_' || c == '-' || c == '.'; });
  return plain;
}

bool contains_name(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& other) { return equal_ignoring_case(other, name); });
}

/// Identifiers must be unique, and must not be empty.
void make_unique(std::vector<std::string>& headers) {
  std::vector<std::string> taken;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string name = headers[i].empty() ? fmt::format("column_{}", i + 1) : headers[i];
    std::string unique = name;
    for (int count = 2; contains_name(taken, unique); ++count) unique = fmt::format("{}_{}", name, count);
    headers[i] = unique;
    taken.push_back(unique);
  }
}

/// Columns of a unique index, or of the primary key, are exactly these.
bool is_unique(const CatalogTable& table, const std::vector<std::string>& key) {
  const auto same = [&](const std::vector<std::string>& columns) {
    return columns.size() == key.size() &&
           std::ranges::all_of(key, [&](const std::string& name) { return contains_name(columns, name); });
  };
  std::vector<std::string> primary;
  for (const CatalogColumn& column : table.columns) {
    if (column.primary_key_position > 0) primary.push_back(column.name);
  }
  if (same(primary)) return true;
  return std::ranges::any_of(
      table.indexes, [&](const CatalogIndex& index) { return index.unique && !index.partial && same(index.columns); });
}

class Planner {
 public:
  Planner(Connection& connection, Connection& evaluator, const LoadOptions& options, std::vector<std::string> headers)
      : connection_(connection),
        evaluator_(evaluator),
        options_(options),
        catalog_(connection.catalog()),
        table_(find_table()) {
    for (std::string& header : headers) header = std::string(trim(header));
    make_unique(headers);
    plan_.headers = std::move(headers);
    used_.assign(plan_.headers.size(), false);
  }

  LoadPlan run() {
    plan_.table = table_;
    for (const ColumnMap& map : options_.maps) add_map(map);
    match_headers();
    require_something();
    require_needed_columns();
    check_key();
    if (!expressions_.empty()) prepare_expressions();
    prepare_insert();
    for (std::size_t i = 0; i < used_.size(); ++i) {
      if (!used_[i]) plan_.ignored_headers.push_back(plan_.headers[i]);
    }
    return std::move(plan_);
  }

 private:
  const CatalogTable& find_table() const {
    const CatalogTable* const table = catalog_.table(options_.table);
    if (table != nullptr && !table->view) return *table;
    if (table != nullptr) throw Error(ErrorKind::usage, fmt::format("`{}` is a view, not a table", options_.table));
    std::vector<std::string_view> names;
    for (const CatalogTable& candidate : catalog_.tables) names.emplace_back(candidate.name);
    throw Error(ErrorKind::usage, fmt::format("there is no table `{}`", options_.table))
        .hinting(did_you_mean(options_.table, names));
  }

  const CatalogColumn& find_column(std::string_view name, std::string_view option) const {
    const CatalogColumn* const column = table_.column(name);
    if (column == nullptr) {
      std::vector<std::string_view> names;
      for (const CatalogColumn& candidate : table_.columns) names.emplace_back(candidate.name);
      throw Error(ErrorKind::usage, fmt::format("{}: the table {} has no column `{}`", option, table_.name, name))
          .hinting(did_you_mean(name, names));
    }
    if (column->generated) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: the column `{}` is computed by the database", option, column->name));
    }
    return *column;
  }

  void add_map(const ColumnMap& map);
  void match_headers();
  void require_something() const;
  void require_needed_columns() const;
  void check_key();
  void prepare_expressions();
  [[nodiscard]] std::string fields_as_table();
  void verify_expression(const ColumnMap& map, const std::string& fields);
  void prepare_insert();
  [[nodiscard]] std::string conflict_clause() const;

  [[nodiscard]] const LoadTarget* target_of(std::string_view column) const {
    for (const LoadTarget& target : plan_.targets) {
      if (equal_ignoring_case(target.column, column)) return &target;
    }
    return nullptr;
  }
  void add_target(const CatalogColumn& column, bool computed, std::size_t index) {
    plan_.targets.push_back({.column = column.name,
                             .rule = rule_of(column),
                             .in_key = contains_name(options_.key, column.name),
                             .computed = computed,
                             .index = index});
    plan_.targets.back().rule.keeps_decimals = connection_.dialect() == Dialect::postgres;
    if (!computed) used_[index] = true;
  }

  Connection& connection_;
  Connection& evaluator_;
  const LoadOptions& options_;
  Catalog catalog_;
  const CatalogTable& table_;
  LoadPlan plan_;
  std::vector<bool> used_;                     // headers
  std::vector<const ColumnMap*> expressions_;  // in the order of the result columns
};

void Planner::add_map(const ColumnMap& map) {
  const CatalogColumn& column = find_column(map.column, "--map");
  if (target_of(column.name) != nullptr) {
    throw Error(ErrorKind::usage, fmt::format("--map gives the column `{}` twice", column.name));
  }
  // A header alone needs no expression.
  for (std::size_t i = 0; i < plan_.headers.size(); ++i) {
    if (equal_ignoring_case(trim(map.expression), plan_.headers[i])) return add_target(column, false, i);
  }
  add_target(column, true, expressions_.size());
  expressions_.push_back(&map);
}

void Planner::match_headers() {
  for (const CatalogColumn& column : table_.columns) {
    if (column.generated || target_of(column.name) != nullptr) continue;
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < plan_.headers.size(); ++i) {
      if (plain_name(plan_.headers[i]) != plain_name(column.name)) continue;
      if (found) {
        throw Error(ErrorKind::usage, fmt::format("`{}` and `{}` of the file both look like the column `{}`",
                                                  plan_.headers[*found], plan_.headers[i], column.name))
            .hinting(fmt::format("say which one: --map '{}={}'", column.name, plan_.headers[i]));
      }
      found = i;
    }
    if (found) add_target(column, false, *found);
  }
}

void Planner::require_something() const {
  if (!plan_.targets.empty()) return;
  std::vector<std::string_view> columns;
  for (const CatalogColumn& column : table_.columns) columns.emplace_back(column.name);
  throw Error(ErrorKind::usage,
              fmt::format("no column of {} is in the file's header: {}", table_.name, fmt::join(plan_.headers, ", ")))
      .hinting(
          fmt::format("the columns are {}; name what fills them: --map 'column=expression'", fmt::join(columns, ", ")));
}

void Planner::require_needed_columns() const {
  for (const CatalogColumn& column : table_.columns) {
    if (!rule_of(column).not_null || column.has_default || column.generated || target_of(column.name) != nullptr)
      continue;
    throw Error(ErrorKind::usage,
                fmt::format("nothing fills the column `{}` of {}, which needs a value", column.name, table_.name))
        .hinting(did_you_mean(column.name, plan_.headers).empty()
                     ? fmt::format("the file has {}; say what to take: --map '{}=…'", fmt::join(plan_.headers, ", "),
                                   column.name)
                     : did_you_mean(column.name, plan_.headers) + fmt::format(" Then say so: --map '{}={}'",
                                                                              column.name,
                                                                              nearest(column.name, plan_.headers)));
  }
}

void Planner::check_key() {
  for (const std::string& name : options_.key) {
    const CatalogColumn& column = find_column(name, "--key");
    if (target_of(column.name) == nullptr) {
      throw Error(ErrorKind::usage, fmt::format("--key: nothing in the file fills the column `{}`", column.name));
    }
  }
  if (options_.key.empty() || is_unique(table_, options_.key)) return;
  throw Error(ErrorKind::usage, fmt::format("--key: nothing makes {} unique in {}, so rows that are there already "
                                            "could not be told from new ones",
                                            fmt::join(options_.key, ", "), table_.name))
      .hinting(fmt::format("add a migration with: CREATE UNIQUE INDEX {}_{}_key ON {} ({});", table_.name,
                           fmt::join(options_.key, "_"), table_.name, fmt::join(options_.key, ", ")));
}

/// (SELECT ?1 AS "InvoiceNo", … ?5 AS "line_number"): the fields that an expression might mean, by their headers.
std::string Planner::fields_as_table() {
  const auto mentioned = [&](std::string_view name) {
    const std::string word = lower_case(name);
    return std::ranges::any_of(expressions_, [&](const ColumnMap* map) {
      return lower_case(map->expression).find(word) != std::string::npos || name.find('"') != std::string_view::npos;
    });
  };
  std::string list;
  const auto add = [&](std::string_view name, std::size_t position) {
    list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ", placeholder(evaluator_.dialect(), position),
                        quoted_name(name));
  };
  for (std::size_t i = 0; i < plan_.headers.size(); ++i) {
    if (!mentioned(plan_.headers[i])) continue;
    plan_.evaluated.push_back(i);
    used_[i] = true;
    add(plan_.headers[i], plan_.evaluated.size());
  }
  plan_.uses_line_number = mentioned(line_number_name) && !contains_name(plan_.headers, line_number_name);
  if (plan_.uses_line_number) add(line_number_name, plan_.evaluated.size() + 1);
  return fmt::format("(SELECT {})", list.empty() ? "NULL" : list);
}

void Planner::verify_expression(const ColumnMap& map, const std::string& fields) {
  constexpr std::string_view before = "SELECT (";
  std::size_t offset = std::string::npos;
  std::string message, hint;
  try {
    const Statement statement =
        evaluator_.describe(fmt::format("{}{}\n) FROM {} AS line", before, map.expression, fields), &offset);
    if (statement.columns.size() == 1 && statement.read_only) return;
    message = "this is not one expression";
  } catch (const Error& error) {
    message = error.message();
    hint = error.hint();
  }
  constexpr std::string_view no_column = "no such column: ";
  if (message.starts_with(no_column)) {
    hint = did_you_mean(message.substr(no_column.size()), plan_.headers);
    if (hint.empty()) hint = fmt::format("the file has {}, and line_number", fmt::join(plan_.headers, ", "));
  }
  const std::size_t at = offset == std::string::npos || offset < before.size() ? 0 : offset - before.size();
  const PlaceInText place = place_in_text(map.expression, std::min(at, map.expression.size()));
  throw Error(ErrorKind::usage, fmt::format("--map {}: {}", map.column, message))
      .at({.file = fmt::format("--map {}", map.column), .line = place.line, .column = place.column})
      .with_source_line(std::string(place.line_text))
      .hinting(std::move(hint));
}

void Planner::prepare_expressions() {
  const std::string fields = fields_as_table();
  std::string list;
  for (const ColumnMap* map : expressions_) {
    verify_expression(*map, fields);
    list += fmt::format("{}({}\n)", list.empty() ? "" : ", ", map->expression);
  }
  plan_.evaluate = prepare_to_repeat(evaluator_, fmt::format("SELECT {} FROM {} AS line", list, fields));
}

std::string Planner::conflict_clause() const {
  if (options_.key.empty()) return {};
  std::string updates;
  for (const LoadTarget& target : plan_.targets) {
    if (target.in_key || options_.on_conflict == OnConflict::skip) continue;
    const std::string name = quoted_name(target.column);
    updates += fmt::format("{}{} = excluded.{}", updates.empty() ? "" : ", ", name, name);
  }
  return fmt::format(" ON CONFLICT ({}) DO {}", quoted_names(options_.key),
                     updates.empty() ? "NOTHING" : "UPDATE SET " + updates);
}

void Planner::prepare_insert() {
  std::vector<std::string> columns;
  for (const LoadTarget& target : plan_.targets) columns.push_back(target.column);
  plan_.conflict = conflict_clause();
  plan_.insert =
      prepare_to_repeat(connection_, insert_statement(connection_.dialect(), table_.name, columns) + plan_.conflict);
}

}  // namespace

LoadPlan plan_load(Connection& connection, Connection& evaluator, const LoadOptions& options,
                   std::vector<std::string> headers) {
  return Planner(connection, evaluator, options, std::move(headers)).run();
}

}  // namespace freshet::db
