#include "feed/sqlite/watch_plan.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "feed/sqlite/query.hpp"
#include "feed/sqlite/watch_state.hpp"

namespace freshet::feed::sqlite {
namespace {

using Wanted = std::map<std::string, std::set<std::string>>;  // columns by table

bool is_ordinary_table(sqlite3* handle, std::string_view name) {
  Query query(handle, "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name = ?1");
  return query.bind(1, name).next();
}

/// What of `shapes` triggers can see; the rest goes to `unseen`.
Wanted wanted_by(sqlite3* handle, const std::vector<Shape>& shapes, std::vector<Shape>& unseen) {
  Wanted wanted;
  for (const Shape& shape : shapes) {
    if (!is_ordinary_table(handle, shape.table)) {
      unseen.push_back(shape);
      continue;
    }
    std::set<std::string>& columns = wanted[shape.table];
    if (shape.columns.empty()) continue;
    const TableFacts facts = read_table_facts(handle, shape.table);
    const bool seen = std::ranges::all_of(shape.columns, [&](const std::string& name) {
      const ColumnFacts* const column = facts.column(name);
      return column != nullptr && column->name == name && !column->generated;
    });
    if (seen) {
      columns.insert(shape.columns.begin(), shape.columns.end());
    } else {
      unseen.push_back(shape);
    }
  }
  return wanted;
}

/// Tables keep the numbers that they have.
WatchState state_for(sqlite3* handle, const WatchState& now, const Wanted& wanted) {
  WatchState next;
  next.log = true;
  next.log_columns = now.log_columns;
  int last = now.tables.empty() ? 0 : now.tables.rbegin()->first;
  for (const auto& [name, columns] : wanted) {
    const auto known =
        std::ranges::find_if(now.tables, [&](const auto& entry) { return entry.second.table.name == name; });
    const int number = known == now.tables.end() ? ++last : known->first;
    WatchState::Table entry{.table = {.name = name, .columns = {columns.begin(), columns.end()}}, .triggers = {}};
    entry.triggers = triggers_for(read_table_facts(handle, name), entry.table, number);
    std::ranges::sort(entry.triggers, {}, &Trigger::name);
    next.log_columns = std::max(next.log_columns, columns.size());
    next.tables.emplace(number, std::move(entry));
  }
  return next;
}

std::vector<WatchPlan::Entry> steps_between(const WatchState& now, const WatchState& next) {
  std::vector<WatchPlan::Entry> steps;
  for (const auto& [number, entry] : next.tables) {
    const auto before = now.tables.find(number);
    const WatchPlan::Step step = before == now.tables.end() ? WatchPlan::Step::add
                                 : before->second == entry  ? WatchPlan::Step::keep
                                                            : WatchPlan::Step::change;
    steps.push_back({.table = entry.table, .step = step});
  }
  for (const auto& [number, entry] : now.tables) {
    if (!next.tables.contains(number)) steps.push_back({.table = entry.table, .step = WatchPlan::Step::remove});
  }
  std::ranges::sort(steps, {}, [](const WatchPlan::Entry& entry) { return entry.table.name; });
  return steps;
}

WatchPlan plan_between(const WatchState& now, const WatchState& next) {
  WatchPlan plan;
  plan.tables = steps_between(now, next);
  plan.up = script_between(now, next);
  if (!plan.up.empty()) plan.down = script_between(next, now);
  return plan;
}

}  // namespace

WatchPlan plan_watch(const db::sqlite::OpenOptions& options, const std::vector<Shape>& shapes) {
  const db::sqlite::DatabaseHandle handle = db::sqlite::open(options);
  const ReadTransaction one_state(handle.get());
  std::vector<Shape> unseen;
  const Wanted wanted = wanted_by(handle.get(), shapes, unseen);
  const WatchState now = read_watch_state(handle.get());
  WatchPlan plan = plan_between(now, wanted.empty() ? WatchState{} : state_for(handle.get(), now, wanted));
  plan.unseen = std::move(unseen);
  return plan;
}

WatchPlan plan_unwatch(const db::sqlite::OpenOptions& options) {
  const db::sqlite::DatabaseHandle handle = db::sqlite::open(options);
  const ReadTransaction one_state(handle.get());
  return plan_between(read_watch_state(handle.get()), WatchState{});
}

}  // namespace freshet::feed::sqlite
