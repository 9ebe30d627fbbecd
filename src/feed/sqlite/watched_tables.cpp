#include "feed/sqlite/watched_tables.hpp"

#include <algorithm>

#include "core/mutant.hpp"
#include "feed/canonical.hpp"

namespace freshet::feed::sqlite {

WatchedTables::WatchedTables(sqlite3* handle, const WatchState& state) {
  for (const auto& [number, entry] : state.tables) {
    const TableFacts facts = read_table_facts(handle, entry.table.name);
    Table table;
    table.name = entry.table.name;
    table.tag = table_tag(table.name).id;
    for (const std::string& name : entry.table.columns) {
      const ColumnFacts* const column = facts.column(name);
      table.columns.push_back(
          {.name = name, .affinity = column->affinity, .collation = sql::collation_of(column->collation), .value = {}});
    }
    columns_ = std::max(columns_, table.columns.size());
    tables_.emplace(number, std::move(table));
  }
}

WatchedTables::Table* WatchedTables::find(std::string_view name) noexcept {
  const auto found = std::ranges::find_if(tables_, [&](const auto& entry) { return entry.second.name == name; });
  return found == tables_.end() ? nullptr : &found->second;
}

WatchedTables::Table* WatchedTables::find(std::int64_t number) noexcept {
  const auto found = tables_.find(number);
  return found == tables_.end() ? nullptr : &found->second;
}

bool WatchedTables::sees(const Shape& shape) noexcept {
  const Table* const table = find(shape.table);
  return table != nullptr && std::ranges::all_of(shape.columns, [&](const std::string& name) {
           return std::ranges::find(table->columns, name, &Column::name) != table->columns.end();
         });
}

bool WatchedTables::tell_of(const Shape& shape) {
  Table* const table = find(shape.table);
  if (table == nullptr) return false;
  if (!sees(shape)) {
    table->coarse = true;
    return true;
  }
  if (shape.columns.empty() || std::ranges::find(table->kinds, shape, &Kind::shape) != table->kinds.end()) return true;
  Kind kind{.shape = shape, .columns = {}};
  for (const std::string& name : shape.columns) {
    const auto column = std::ranges::find(table->columns, name, &Column::name);
    const auto place = static_cast<std::size_t>(column - table->columns.begin());
    kind.columns.push_back(place);
    if (std::ranges::find(table->needed, place) == table->needed.end()) table->needed.push_back(place);
  }
  table->kinds.push_back(std::move(kind));
  return true;
}

void WatchedTables::begin_reading() noexcept {
  for (auto& [number, table] : tables_) table.records = 0;
}

void WatchedTables::canonicalize(Table& table, std::size_t column, const Cell& cell) {
  Column& to = table.columns[column];
  canonical(cell, to.affinity, to.collation, to.value);
}

void WatchedTables::tell_pieces(TagTable& tags, const Table& table, Position at) {
  tags.change(table.tag, at);
  for (const Kind& kind : table.kinds) {
    values_.clear();
    for (const std::size_t column : kind.columns) values_.push_back(table.columns[column].value);
    tags.change(piece_id(kind.shape, values_.data()), at);
  }
}

/// Told again with each record, so that the table has changed at the last of them.
void WatchedTables::tell_whole(TagTable& tags, Table& table, Position at) {
  if (mutant("bulk_change_ignored")) return;
  tags.change_table(table.tag, at);
}

}  // namespace freshet::feed::sqlite
