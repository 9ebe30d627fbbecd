#include "api/rollups.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace freshet::api {
namespace {

bool may_name_a_table(std::string_view name) {
  const auto letter = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  const std::string lower = lower_case(name);
  return !name.empty() && name.size() <= 60 && letter(name.front()) && std::ranges::all_of(name, fits) &&
         !lower.starts_with("freshet_") && !lower.starts_with("sqlite_");
}

void add_measures(ConfigFile::Table& table, std::string_view key, sql::RollupAggregate aggregate,
                  sql::RollupDefinition& out) {
  for (const std::string& text : table.strings(key)) {
    try {
      sql::add_measure(out, text, aggregate);
    } catch (const Error& wrong) {
      table.problem(key, wrong.message(), wrong.hint());
    }
  }
}

sql::RollupDefinition read_one(ConfigFile::Table table, std::set<std::string>& names) {
  sql::RollupDefinition out;
  out.name = table.string("name", "");
  if (!may_name_a_table(out.name)) {
    table.problem("name", "`name` of a rollup is that of a table: letters, digits and _, and not one of Freshet's own");
  } else if (!names.insert(lower_case(out.name)).second) {
    table.problem("name", fmt::format("there are two rollups `{}`", out.name));
  }
  out.source = table.string("source", "");
  if (out.source.empty()) table.problem("source", "`source` names the table that the rollup sums up");
  out.group_by = table.strings("group_by");
  if (out.group_by.empty()) table.problem("group_by", "`group_by` needs a column at least");
  out.filter = table.string("filter", "");
  if (!table.boolean("count", true)) {
    table.problem("count", "rows are always counted: a group ends with its last one");
  }
  add_measures(table, "sum", sql::RollupAggregate::sum, out);
  add_measures(table, "avg", sql::RollupAggregate::sum, out);  // of a sum and a count
  add_measures(table, "min", sql::RollupAggregate::min, out);
  add_measures(table, "max", sql::RollupAggregate::max, out);
  table.finish();
  return out;
}

}  // namespace

std::vector<sql::RollupDefinition> read_rollup_tables(std::vector<ConfigFile::Table> tables) {
  std::vector<sql::RollupDefinition> out;
  out.reserve(tables.size());
  std::set<std::string> names;
  for (ConfigFile::Table& table : tables) out.push_back(read_one(std::move(table), names));
  return out;
}

std::vector<AppRollup> look_at_rollups(const std::vector<sql::RollupDefinition>& definitions, db::Database& database,
                                       Diagnostics& problems) {
  std::vector<AppRollup> out;
  if (definitions.empty() || database.dialect() != db::Dialect::sqlite) return out;  // made on SQLite only
  database.look([&](db::Connection& connection) {
    for (const sql::RollupDefinition& definition : definitions) {
      try {
        auto rollup =
            std::make_shared<const feed::Rollup>(definition, feed::read_rollup_source(connection, definition));
        const feed::RollupState state = feed::rollup_state(connection, *rollup);
        out.push_back({.rollup = std::move(rollup), .state = state});
      } catch (Error& wrong) {
        problems.push_back(std::move(wrong));
      }
    }
  });
  return out;
}

}  // namespace freshet::api
