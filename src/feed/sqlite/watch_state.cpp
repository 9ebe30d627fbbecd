#include "feed/sqlite/watch_state.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "feed/sqlite/query.hpp"

namespace freshet::feed::sqlite {
namespace {

constexpr std::string_view hint = "run `freshet cache enable`";

/// Text as a literal.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out.push_back(c);
    if (c == '\'') out.push_back(c);
  }
  return out + "'";
}

std::string json_list(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const std::string& name : names) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out += static_cast<unsigned char>(c) < 0x20 ? fmt::format("\\u{:04x}", c) : std::string(1, c);
    }
    out.push_back('"');
  }
  return out + "]";
}

bool exists(sqlite3* handle, std::string_view table) {
  Query query(handle, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?1");
  return query.bind(1, table).next();
}

std::vector<std::string> read_watched_columns(sqlite3* handle, const std::string& json) {
  std::vector<std::string> columns;
  Query query(handle, "SELECT value FROM json_each(?1) ORDER BY key");
  for (query.bind(1, json); query.next();) columns.push_back(query.text(0));
  return columns;
}

std::vector<Trigger> read_triggers(sqlite3* handle, const std::string& table) {
  std::vector<Trigger> triggers;
  Query query(handle,
              "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE "
              R"(AND name LIKE 'freshet\_watch\_%' ESCAPE '\' ORDER BY name)");
  for (query.bind(1, table); query.next();) triggers.push_back({.name = query.text(0), .sql = query.text(1)});
  return triggers;
}

std::vector<Trigger> read_strays(sqlite3* handle) {
  std::vector<Trigger> triggers;
  Query query(handle,
              "SELECT name, sql FROM main.sqlite_schema AS s WHERE type = 'trigger' "
              R"(AND name LIKE 'freshet\_watch\_%' ESCAPE '\' )"
              "AND NOT EXISTS (SELECT 1 FROM main.freshet_watch WHERE table_name = s.tbl_name COLLATE NOCASE)");
  while (query.next()) triggers.push_back({.name = query.text(0), .sql = query.text(1)});
  return triggers;
}

// Ids go on from the newest record, whatever else is deleted: whoever has read up to it would miss what came after the
// log had been emptied. (AUTOINCREMENT promises as much, and writes a page more with each commit.)
constexpr std::string_view keeper =
    "CREATE TRIGGER freshet_change_keeps_its_newest BEFORE DELETE ON freshet_change\n"
    "  WHEN OLD.id = (SELECT max(id) FROM freshet_change) BEGIN\n"
    "  SELECT RAISE(ABORT, 'the newest record of freshet_change has to stay');\n"
    "END";

/// What is wrong with the log itself.
std::string log_problem(sqlite3* handle, const WatchState& state) {
  Query triggers(
      handle,
      "SELECT count(*), min(sql) FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = 'freshet_change'");
  if (!triggers.next() || triggers.integer(0) != 1 || triggers.text(1) != keeper) {
    return "the change log has other triggers than its own";
  }
  Query key(handle, "SELECT pk, type FROM pragma_table_info('freshet_change') WHERE name = 'id'");
  if (!key.next() || key.integer(0) != 1 || key.text(1) != "INTEGER")
    return "the change log does not count its records";
  for (const auto& [number, entry] : state.tables) {
    if (entry.table.columns.size() > state.log_columns) return "the change log has too few columns";
  }
  return {};
}

std::string table_problem(sqlite3* handle, int number, const WatchState::Table& entry) {
  if (!exists(handle, entry.table.name)) return fmt::format("the watched table {} is gone", entry.table.name);
  const TableFacts facts = read_table_facts(handle, entry.table.name);
  for (const std::string& column : entry.table.columns) {
    if (facts.column(column) == nullptr) return fmt::format("the column {}.{} is gone", entry.table.name, column);
  }
  std::vector<Trigger> wanted = triggers_for(facts, entry.table, number);
  std::ranges::sort(wanted, {}, &Trigger::name);
  if (wanted == entry.triggers) return {};
  return fmt::format("the triggers that watch {} are not what its schema asks for", entry.table.name);
}

/// Writes a script, and the way back when it is asked from the other side.
class Script {
 public:
  Script(const WatchState& from, const WatchState& to) : from_(from), to_(to) {}

  std::string write() {
    drop(from_.strays);
    if (to_.log && !from_.log) create_log();
    if (to_.log && from_.log) widen_log();
    for (const auto& [number, entry] : from_.tables) {
      const auto after = to_.tables.find(number);
      if (after == to_.tables.end()) {
        comment(fmt::format("{}: not watched any more.", entry.table.name));
        drop(entry.triggers);
        if (to_.log) out_ += fmt::format("DELETE FROM freshet_watch WHERE t = {};\n", number);
      } else if (after->second != entry) {
        describe(after->second);
        drop(entry.triggers);
        insert(number, after->second, entry.table != after->second.table);
      }
    }
    for (const auto& [number, entry] : to_.tables) {
      if (from_.tables.contains(number)) continue;
      describe(entry);
      insert(number, entry, true);
    }
    if (to_.log && from_.log) narrow_log();
    if (from_.log && !to_.log) out_ += "\nDROP TABLE freshet_watch;\nDROP TABLE freshet_change;\n";
    return std::move(out_);
  }

 private:
  void comment(const std::string& text) { out_ += fmt::format("\n-- {}\n", text); }
  void describe(const WatchState::Table& entry) {
    const auto& columns = entry.table.columns;
    comment(columns.empty() ? fmt::format("{}: any write concerns the whole table.", entry.table.name)
                            : fmt::format("{}: pieces by {}.", entry.table.name, fmt::join(columns, ", ")));
  }

  static std::string column_names(std::size_t from, std::size_t to) {
    std::string names;
    for (std::size_t i = from; i < to; ++i) names += fmt::format(", p{}", i + 1);
    return names;
  }

  void create_log() {
    out_ += fmt::format(
        "\n-- One record for each row that is written: its table, and what its columns p1, p2, ... held.\n"
        "CREATE TABLE freshet_change (id INTEGER PRIMARY KEY, t INTEGER NOT NULL{});\n"
        "{};\n"
        "-- Which table t is, and which of its columns p1, p2, ... are.\n"
        "CREATE TABLE freshet_watch (t INTEGER PRIMARY KEY, table_name TEXT NOT NULL UNIQUE, columns TEXT NOT NULL);\n",
        column_names(0, to_.log_columns), keeper);
  }
  void widen_log() {
    for (std::size_t i = from_.log_columns; i < to_.log_columns; ++i) {
      out_ += fmt::format("ALTER TABLE freshet_change ADD COLUMN p{};\n", i + 1);
    }
  }
  void narrow_log() {
    for (std::size_t i = from_.log_columns; i > to_.log_columns; --i) {
      out_ += fmt::format("ALTER TABLE freshet_change DROP COLUMN p{};\n", i);
    }
  }

  void drop(const std::vector<Trigger>& triggers) {
    for (const Trigger& trigger : triggers) out_ += fmt::format("DROP TRIGGER IF EXISTS {};\n", quoted(trigger.name));
  }
  void insert(int number, const WatchState::Table& entry, bool row) {
    if (row) {
      out_ += fmt::format("INSERT OR REPLACE INTO freshet_watch (t, table_name, columns) VALUES ({}, {}, {});\n",
                          number, literal(entry.table.name), literal(json_list(entry.table.columns)));
    }
    for (const Trigger& trigger : entry.triggers) out_ += trigger.sql + ";\n";
  }

  const WatchState& from_;
  const WatchState& to_;
  std::string out_;
};

}  // namespace

WatchState read_watch_state(sqlite3* handle) {
  WatchState state;
  state.log = exists(handle, "freshet_change") && exists(handle, "freshet_watch");
  if (!state.log) return state;
  Query columns(handle, "SELECT count(*) FROM pragma_table_info('freshet_change') WHERE name GLOB 'p[0-9]*'");
  if (columns.next()) state.log_columns = static_cast<std::size_t>(columns.integer(0));
  Query tables(handle, "SELECT t, table_name, columns FROM freshet_watch ORDER BY t");
  while (tables.next()) {
    WatchState::Table entry;
    entry.table = {.name = tables.text(1), .columns = read_watched_columns(handle, tables.text(2))};
    entry.triggers = read_triggers(handle, entry.table.name);
    state.tables.emplace(static_cast<int>(tables.integer(0)), std::move(entry));
  }
  state.strays = read_strays(handle);
  return state;
}

std::string problem_of(sqlite3* handle, const WatchState& state) {
  std::string problem = state.log ? log_problem(handle, state) : "nothing logs what is written";
  for (auto entry = state.tables.begin(); problem.empty() && entry != state.tables.end(); ++entry) {
    problem = table_problem(handle, entry->first, entry->second);
  }
  return problem.empty() ? problem : fmt::format("{}: {}", problem, hint);
}

std::string script_between(const WatchState& from, const WatchState& to) { return Script(from, to).write(); }

}  // namespace freshet::feed::sqlite
