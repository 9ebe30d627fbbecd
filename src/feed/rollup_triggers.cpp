// The triggers of a rollup: which of a write's rows are added, subtracted, or noted because they may be replaced.

#include <utility>

#include <fmt/format.h>

#include "core/mutant.hpp"
#include "feed/rollup_ddl.hpp"

namespace freshet::feed {
namespace {

using sql::quoted;

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

RollupObject trigger(std::string name, std::string_view when, std::string_view on, std::string_view condition,
                     std::string_view body) {
  const std::string clause = condition.empty() ? std::string() : fmt::format("\nWHEN {}", condition);
  std::string sql = fmt::format("CREATE TRIGGER {} {} ON {}{}\nBEGIN\n{}END", name, when, quoted(on), clause, body);
  return {.type = "trigger", .name = std::move(name), .sql = std::move(sql)};
}

}  // namespace

std::string Rollup::trigger_name(std::string_view what) const {
  return fmt::format("freshet_rollup_{}_{}", what, definition_.name);
}
std::string Rollup::notes_table() const { return trigger_name("evicted"); }

std::vector<RollupObject> Rollup::objects() const {
  std::vector<RollupObject> out;
  out.push_back({.type = "table", .name = definition_.name, .sql = table_sql()});
  if (nullable_groups()) {
    std::vector<std::string> groups;
    for (const std::string& name : definition_.group_by) groups.push_back(quoted(source_.column(name)->name));
    const std::string name = definition_.name + "_groups";
    out.push_back(
        {.type = "index",
         .name = name,
         .sql = fmt::format("CREATE INDEX {} ON {} ({})", name, quoted(definition_.name), joined(groups, ", "))});
  }
  out.push_back({.type = "table", .name = notes_table(), .sql = notes_sql()});
  if (source_.reentrant) {
    out.push_back({.type = "index",
                   .name = trigger_name("owners"),
                   .sql = fmt::format("CREATE INDEX {} ON {} (owner)", trigger_name("owners"), notes_table())});
    out.push_back({.type = "index",
                   .name = trigger_name("victims"),
                   .sql = fmt::format("CREATE INDEX {} ON {} (r0)", trigger_name("victims"), notes_table())});
  }
  add_write_triggers(out);
  add_update_triggers(out);
  add_eviction_triggers(out);
  return out;
}

void Rollup::add_write_triggers(std::vector<RollupObject>& out) const {
  RowText after = row("NEW.");
  RowText before = row("OLD.");
  const std::string counts_now = std::exchange(after.filter, {});
  const std::string counted = std::exchange(before.filter, {});
  out.push_back(trigger(trigger_name("insert"), "AFTER INSERT", source_.table.name, counts_now,
                        source_.reentrant ? check(after) + recompute(after) : add(after)));
  if (!source_.reentrant) {
    // With recursive_triggers on, REPLACE does tell of the rows that it takes away.
    const std::string heard = fmt::format("  DELETE FROM {} WHERE {};\n", notes_table(), same_row("OLD."));
    out.push_back(
        trigger(trigger_name("delete"), "AFTER DELETE", source_.table.name, counted, subtract(before) + heard));
    return;
  }
  // A row that goes with the one that it is about to replace is not updated any more: its notes are taken here.
  const std::string replaced =
      fmt::format("  UPDATE {} SET gone = 1 WHERE NOT EXISTS (SELECT 1 FROM {} AS s WHERE {});\n", notes_table(),
                  quoted(source_.table.name), same_row("s."));
  out.push_back(trigger(trigger_name("delete"), "AFTER DELETE", source_.table.name, {}, recompute(before) + replaced));
}

void Rollup::add_update_triggers(std::vector<RollupObject>& out) const {
  RowText before = row("OLD.");
  RowText after = row("NEW.");
  std::vector<std::string> changes;
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) {
    changes.push_back(fmt::format("{} IS NOT {}", before.values[i], after.values[i]));
  }
  const std::string any_change = changes.empty() ? "FALSE" : joined(changes, " OR ");
  std::vector<std::string> stays;
  std::string moves_if_counted;
  if (!filter_.empty()) {
    stays.push_back(fmt::format("({}) IS TRUE", before.filter));
    stays.push_back(fmt::format("({}) IS TRUE", after.filter));
    moves_if_counted = fmt::format(" AND ({})", joined(stays, " OR "));
  }
  for (std::size_t i = 0; i < before.groups.size(); ++i) {
    stays.push_back(fmt::format("{} IS {}", before.groups[i], after.groups[i]));
  }
  const std::string within = joined(stays, " AND ");
  const std::string moves = fmt::format("NOT ({}){}", within, moves_if_counted);
  const std::string& table = source_.table.name;
  if (source_.reentrant) {
    out.push_back(trigger(trigger_name("move"), "AFTER UPDATE", table, fmt::format("({}) OR ({})", moves, any_change),
                          check(after) + recompute(before) + recompute(after)));
    return;
  }
  const std::string leave = mutant("rollup_old_group_kept") ? std::string() : subtract(before);
  out.push_back(trigger(trigger_name("move"), "AFTER UPDATE", table, moves, leave + add(after)));
  if (changes.empty()) return;
  before.filter.clear();
  after.filter.clear();
  out.push_back(trigger(trigger_name("update"), "AFTER UPDATE", table, fmt::format("{} AND ({})", within, any_change),
                        change(before, after)));
}

std::string Rollup::notes_sql() const {
  std::vector<std::string> names{"owner", "gone"};
  for (std::size_t i = 0; i < source_.identity.size(); ++i) names.push_back(fmt::format("r{}", i));
  for (std::size_t i = 0; i < definition_.group_by.size(); ++i) names.push_back(fmt::format("g{}", i));
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) names.push_back(fmt::format("m{}", i));
  return fmt::format("CREATE TABLE {} ({})", notes_table(), joined(names, ", "));
}

// Notes of the row that `prefix` names.
std::string Rollup::same_row(std::string_view prefix) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < source_.identity.size(); ++i) {
    parts.push_back(fmt::format("{}{} IS r{}", prefix, quoted(source_.identity[i]), i));
  }
  return joined(parts, " AND ");
}

Rollup::RowText Rollup::noted_row() const {
  RowText out;
  for (std::size_t i = 0; i < definition_.group_by.size(); ++i) out.groups.push_back(fmt::format("NEW.g{}", i));
  for (std::size_t i = 0; i < definition_.measures.size(); ++i) out.values.push_back(fmt::format("NEW.m{}", i));
  return out;
}

// The new row's value of a key. REPLACE puts the default in place of a NULL that is not allowed.
std::string Rollup::key_value(const KeyTerm& term, std::string_view prefix) const {
  const auto value = [&](const std::string& name) {
    const SourceColumn* const column = source_.column(name);
    const std::string given = fmt::format("{}{}", prefix, quoted(name));
    if (column == nullptr || column->default_sql.empty() || mutant("rollup_default_of_key_ignored")) return given;
    return fmt::format("ifnull({}, {})", given, column->default_sql);
  };
  return term.column ? value(term.text) : sql::RowExpression(term.text, source_.table, "a unique index").over(value);
}

// Which write noted a row: where writes may lie within each other, each takes back its own.
std::string Rollup::owner(std::size_t key) const {
  std::vector<std::string> parts{sql::quoted_text(std::to_string(key))};
  for (const KeyTerm& term : source_.keys[key]) parts.push_back(fmt::format("quote({})", key_value(term, "NEW.")));
  return joined(parts, " || ',' || ");
}
// The notes of this write. Where no write lies within another one, all there are.
std::string Rollup::own_notes() const {
  if (!source_.reentrant) return "TRUE";
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < source_.keys.size(); ++i) parts.push_back(owner(i));
  return fmt::format("owner IN ({})", joined(parts, ",\n    "));
}

std::string Rollup::note_rows(bool update) const {
  const std::string own = own_notes();
  std::string out = fmt::format("  DELETE FROM {} WHERE {};\n", notes_table(), own);
  const RowText victim = row("v.");
  std::vector<std::string> values;
  std::vector<std::string> other;
  for (const std::string& name : source_.identity) {
    values.push_back("v." + quoted(name));
    other.push_back(fmt::format("v.{0} IS NOT OLD.{0}", quoted(name)));
  }
  values.insert(values.end(), victim.groups.begin(), victim.groups.end());
  values.insert(values.end(), victim.values.begin(), victim.values.end());
  for (std::size_t key = 0; key < source_.keys.size(); ++key) {
    std::vector<std::string> match;
    for (const KeyTerm& term : source_.keys[key]) {
      const std::string held = term.column ? "v." + quoted(term.text) : fmt::format("({})", key_value(term, "v."));
      match.push_back(fmt::format("{} = ({}) COLLATE {}", held, key_value(term, "NEW."), quoted(term.collation)));
    }
    if (update) match.push_back(fmt::format("({})", joined(other, " OR ")));
    // A row that does not count now may come to, before it is replaced, only where writes lie within each other.
    if (!victim.filter.empty() && !source_.reentrant) match.push_back(fmt::format("({})", victim.filter));
    out += fmt::format(
        "  INSERT INTO {0} SELECT {1}, 0, {2}\n    FROM {3} AS v WHERE {4}\n"
        "    AND NOT EXISTS (SELECT 1 FROM {0} WHERE {5} AND {6});\n",
        notes_table(), source_.reentrant ? owner(key) : "NULL", joined(values, ", "), quoted(source_.table.name),
        joined(match, " AND "), same_row("v."), own);
  }
  return out;
}

std::string Rollup::take_evicted() const {
  const std::string own = own_notes();
  std::string gone = own;
  if (!source_.reentrant) {
    gone += fmt::format(" AND (({}) OR NOT EXISTS (SELECT 1 FROM {} AS s WHERE {}))", same_row("NEW."),
                        quoted(source_.table.name), same_row("s."));
  }
  return fmt::format("  UPDATE {0} SET gone = 1 WHERE {1};\n  DELETE FROM {0} WHERE {2};\n", notes_table(), gone, own);
}

// That an UPDATE changes what a unique key is made of.
std::string Rollup::key_changes() const {
  std::vector<std::string> parts;
  for (const UniqueKey& key : source_.keys) {
    for (const KeyTerm& term : key) {
      parts.push_back(fmt::format("({}) COLLATE BINARY IS NOT ({})", key_value(term, "OLD."), key_value(term, "NEW.")));
    }
  }
  return joined(parts, " OR ");
}

void Rollup::add_eviction_triggers(std::vector<RollupObject>& out) const {
  const std::string& table = source_.table.name;
  if (mutant("rollup_replaced_rows_kept")) return;
  const std::string any_noted = fmt::format("EXISTS (SELECT 1 FROM {})", notes_table());
  const std::string changes = key_changes();
  out.push_back(trigger(trigger_name("inserting"), "BEFORE INSERT", table, {}, note_rows(false)));
  out.push_back(trigger(trigger_name("updating"), "BEFORE UPDATE", table, changes, note_rows(true)));
  out.push_back(trigger(trigger_name("inserted"), "AFTER INSERT", table, any_noted, take_evicted()));
  out.push_back(trigger(trigger_name("updated"), "AFTER UPDATE", table, fmt::format("({}) AND {}", changes, any_noted),
                        take_evicted()));
  const RowText noted = noted_row();
  out.push_back(trigger(trigger_name("gone"), "AFTER UPDATE OF gone", notes_table(), "NEW.gone",
                        source_.reentrant ? recompute(noted) : subtract(noted)));
  if (source_.reentrant) add_following_trigger(out);
}

// A row that was noted changes before it is replaced: it is noted as what it is now, too.
void Rollup::add_following_trigger(std::vector<RollupObject>& out) const {
  const RowText now = row("NEW.");
  std::vector<std::string> values;
  std::vector<std::string> noted;
  for (std::size_t i = 0; i < source_.identity.size(); ++i) {
    values.push_back("NEW." + quoted(source_.identity[i]));
    noted.push_back(fmt::format("o.r{} IS {}", i, values.back()));
  }
  for (std::size_t i = 0; i < now.groups.size(); ++i) {
    values.push_back(now.groups[i]);
    noted.push_back(fmt::format("o.g{} IS {}", i, now.groups[i]));
  }
  for (std::size_t i = 0; i < now.values.size(); ++i) values.emplace_back("NULL");
  out.push_back(trigger(trigger_name("noted"), "AFTER UPDATE", source_.table.name,
                        fmt::format("EXISTS (SELECT 1 FROM {})", notes_table()),
                        fmt::format("  INSERT INTO {0} SELECT DISTINCT owner, 0, {1}\n    FROM {0} AS n WHERE {2}\n"
                                    "    AND NOT EXISTS (SELECT 1 FROM {0} AS o WHERE o.owner = n.owner AND {3});\n",
                                    notes_table(), joined(values, ", "), same_row("OLD."), joined(noted, " AND "))));
}

}  // namespace freshet::feed
