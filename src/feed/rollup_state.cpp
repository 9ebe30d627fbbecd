#include "feed/rollup_state.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "feed/rows.hpp"

namespace freshet::feed {
namespace {

using sql::quoted;
using sql::quoted_text;

constexpr std::string_view state_table =
    "CREATE TABLE IF NOT EXISTS freshet_rollups (\n"
    "  name TEXT PRIMARY KEY,\n"
    "  definition TEXT NOT NULL,\n"
    "  state TEXT NOT NULL,  -- filling, complete\n"
    "  filled_to,            -- of the first group column: what is counted up to there; NULL: nothing\n"
    "  filled_rows INTEGER NOT NULL DEFAULT 0\n"
    ")";

bool has_state_table(db::Connection& connection) {
  return !read_rows(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'freshet_rollups'")
              .empty();
}

// What a rollup of that name may have in the schema.
std::vector<std::string> names_of(std::string_view name) {
  constexpr std::array<std::string_view, 13> parts{"insert",   "delete",   "update",  "move", "inserting",
                                                   "updating", "inserted", "updated", "gone", "noted",
                                                   "owners",   "victims",  "evicted"};
  std::vector<std::string> names{std::string(name), fmt::format("{}_groups", name)};
  for (const std::string_view part : parts) names.push_back(fmt::format("freshet_rollup_{}_{}", part, name));
  return names;
}

/// Of any source: the name says which.
constexpr std::string_view source_index_of =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND name = ?1 || '_of_' || tbl_name COLLATE NOCASE";

bool same(const std::vector<RollupObject>& wanted, const std::vector<RollupObject>& there) {
  const auto has = [](const std::vector<RollupObject>& all, const RollupObject& one) {
    return std::ranges::any_of(
        all, [&](const RollupObject& other) { return other.name == one.name && other.sql == one.sql; });
  };
  return wanted.size() == there.size() &&
         std::ranges::all_of(wanted, [&](const RollupObject& one) { return has(there, one); });
}

}  // namespace

std::string_view to_string(RollupState state) noexcept {
  constexpr std::array<std::string_view, 4> words{"absent", "outdated", "filling", "complete"};
  return words[static_cast<std::size_t>(state)];
}

std::vector<RollupObject> installed_objects(db::Connection& connection, std::string_view name) {
  const auto rank = [](const RollupObject& one) { return one.type == "table" ? 0 : one.type == "index" ? 1 : 2; };
  std::vector<RollupObject> out;
  for (const std::string& one : names_of(name)) {
    const Rows rows =
        read_rows(connection, "SELECT type, name, sql FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", {one});
    for (const auto& row : rows) {
      out.push_back({.type = text_of(row[0]), .name = text_of(row[1]), .sql = text_of(row[2])});
    }
  }
  for (const auto& row : read_rows(connection, source_index_of, {std::string(name)})) {
    out.push_back({.type = "index", .name = text_of(row[0]), .sql = text_of(row[1])});
  }
  std::ranges::stable_sort(out, {}, rank);
  return out;
}

std::vector<std::string> installed_rollups(db::Connection& connection) {
  std::vector<std::string> names;
  if (!has_state_table(connection)) return names;
  for (const auto& row : read_rows(connection, "SELECT name FROM freshet_rollups ORDER BY name")) {
    names.push_back(text_of(row[0]));
  }
  return names;
}

RollupObject source_index(const Rollup& rollup) {
  const std::string& source = rollup.source().table.name;
  std::string name = fmt::format("{}_of_{}", rollup.definition().name, source);
  std::vector<std::string> columns;
  for (const std::string& column : rollup.definition().group_by) columns.push_back(quoted(column));
  std::string sql =
      fmt::format("CREATE INDEX {}  -- finds a group's rows when its least or greatest goes\n  ON {} ({})",
                  quoted(name), quoted(source), fmt::join(columns, ", "));
  return {.type = "index", .name = std::move(name), .sql = std::move(sql)};
}

RollupState rollup_state(db::Connection& connection, const Rollup& rollup) {
  std::vector<RollupObject> there = installed_objects(connection, rollup.definition().name);
  const std::string index = source_index(rollup).name;
  std::erase_if(there, [&](const RollupObject& one) { return equal_ignoring_case(one.name, index); });
  if (there.empty() || !has_state_table(connection)) return RollupState::absent;
  const Rows rows = read_rows(connection, "SELECT definition, state FROM freshet_rollups WHERE name = ?1",
                              {rollup.definition().name});
  if (rows.empty()) return RollupState::absent;
  if (text_of(rows[0][0]) != canonical_text(rollup.definition()) || !same(rollup.objects(), there)) {
    return RollupState::outdated;
  }
  return text_of(rows[0][1]) == "complete" ? RollupState::complete : RollupState::filling;
}

std::string install_script(const std::vector<RollupObject>& objects, std::string_view name, std::string_view definition,
                           std::string_view source) {
  std::string out;
  for (const RollupObject& object : objects) out += object.sql + ";\n\n";
  out += fmt::format("{};\n", state_table);
  out += fmt::format(
      "INSERT INTO freshet_rollups (name, definition, state)\n"
      "SELECT {}, {},\n  CASE WHEN EXISTS (SELECT 1 FROM {}) THEN 'filling' ELSE 'complete' END;\n",
      quoted_text(name), quoted_text(definition), quoted(source));
  return out;
}

std::string install_script(const Rollup& rollup) {
  return install_script(rollup.objects(), rollup.definition().name, canonical_text(rollup.definition()),
                        rollup.source().table.name);
}

std::string drop_script(const std::vector<RollupObject>& objects) {
  std::string out;
  for (const auto& [type, drop] :
       {std::pair("trigger", "DROP TRIGGER"), {"index", "DROP INDEX"}, {"table", "DROP TABLE"}}) {
    for (const RollupObject& object : objects) {
      if (object.type == type) out += fmt::format("{} {};\n", drop, quoted(object.name));
    }
  }
  return out;
}

std::string remove_script(const std::vector<RollupObject>& objects, std::string_view name) {
  return drop_script(objects) + fmt::format("DELETE FROM freshet_rollups WHERE name = {};\n", quoted_text(name));
}

std::vector<RollupDifference> rollup_differences(db::Connection& connection, const Rollup& rollup, std::size_t limit) {
  const std::vector<std::string> columns = rollup.columns();
  std::vector<std::string> names;
  std::vector<std::string> types;  // equal numbers may still be of different types
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(quoted(columns[i]));
    if (i >= rollup.definition().group_by.size()) types.push_back(fmt::format("typeof({})", names.back()));
  }
  const std::string shown = fmt::format("{}, {}", fmt::join(names, ", "), fmt::join(types, ", "));
  const std::string is = fmt::format("SELECT {} FROM {}", shown, quoted(rollup.definition().name));
  const std::string should_be = fmt::format(
      "SELECT {} FROM (SELECT {} FROM {} LIMIT 0) UNION ALL SELECT * FROM (WITH truth ({}) AS ({}) SELECT {} FROM "
      "truth)",
      shown, fmt::join(names, ", "), quoted(rollup.definition().name), fmt::join(names, ", "), rollup.query(), shown);
  const auto only_in = [&](const std::string& one, const std::string& other) {
    return read_rows(connection,
                     fmt::format("SELECT * FROM ({}) EXCEPT SELECT * FROM ({}) LIMIT {}", one, other, limit));
  };
  const db::Transaction snapshot(connection, db::Mode::read);
  std::map<std::vector<std::string>, RollupDifference> found;
  const auto add = [&](const Rows& rows, std::vector<std::string> RollupDifference::*side) {
    for (const auto& row : rows) {
      std::vector<std::string> group;
      std::vector<std::string> rest;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const bool null = std::holds_alternative<Null>(row[i]);
        (i < rollup.definition().group_by.size() ? group : rest).push_back(null ? "NULL" : text_of(row[i]));
      }
      RollupDifference& difference = found[group];
      difference.group = group;
      difference.*side = std::move(rest);
    }
  };
  add(only_in(is, should_be), &RollupDifference::is);
  add(only_in(should_be, is), &RollupDifference::should_be);
  std::vector<RollupDifference> out;
  for (auto& [group, difference] : found) {
    if (out.size() < limit) out.push_back(std::move(difference));
  }
  return out;
}

}  // namespace freshet::feed
