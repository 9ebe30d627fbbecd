#include "feed/sqlite/watch_triggers.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/mutant.hpp"
#include "core/text.hpp"
#include "feed/rows.hpp"

namespace freshet::feed::sqlite {
namespace {

using Part = UniqueKey::Part;

/// Any row of a table may have changed: its number, below zero. What follows says which.
constexpr std::string_view whole_table_record = "INSERT INTO freshet_change (t) ";

class TriggerWriter {
 public:
  TriggerWriter(const TableFacts& facts, const WatchedTable& table, int number)
      : facts_(facts), table_(table), number_(number), name_(quoted(facts.name)) {}

  std::vector<Trigger> write() {
    if (facts_.ignoring) {
      for (const char* event : {"INSERT", "UPDATE", "DELETE"}) add("before", "BEFORE", event, "", whole_table());
      return std::move(triggers_);
    }
    add("after", "AFTER", "INSERT", "", row("NEW"));
    add("after", "AFTER", "UPDATE", "", row("NEW") + old_row());
    add("after", "AFTER", "DELETE", "", row("OLD"));
    if (!mutant("no_before_trigger")) add_replaced();
    return std::move(triggers_);
  }

 private:
  void add(std::string_view suffix, std::string_view time, std::string_view event, const std::string& when,
           const std::string& body) {
    std::string name = fmt::format("freshet_watch_{}_{}_{}", facts_.name, suffix, lower_case(event));
    std::string sql =
        fmt::format("CREATE TRIGGER {} {} {} ON {}{} BEGIN\n{}END", quoted(name), time, event, name_, when, body);
    triggers_.push_back({.name = std::move(name), .sql = std::move(sql)});
  }

  [[nodiscard]] std::string into() const {
    std::string columns = "t";
    for (std::size_t i = 0; i < table_.columns.size(); ++i) columns += fmt::format(", p{}", i + 1);
    return fmt::format("  INSERT INTO freshet_change ({})\n    ", columns);
  }
  /// The number, and the values of the columns: `3, NEW.category, NEW.month`; of the row at hand where `of` is empty.
  [[nodiscard]] std::string values(std::string_view of) const {
    std::string out = std::to_string(number_);
    for (const std::string& column : table_.columns) {
      out += fmt::format(", {}{}{}", of, of.empty() ? "" : ".", quoted(column));
    }
    return out;
  }
  [[nodiscard]] std::string row(std::string_view of) const {
    return fmt::format("{}VALUES ({});\n", into(), values(of));
  }
  [[nodiscard]] std::string whole_table() const {
    return fmt::format("  {}VALUES ({});\n", whole_table_record, -number_);
  }

  /// Where the row was, unless it is there still.
  [[nodiscard]] std::string old_row() const {
    if (table_.columns.empty() || mutant("old_partition_not_logged")) return {};
    std::string moved;
    for (const std::string& column : table_.columns) {
      moved +=
          fmt::format("{}OLD.{} IS NOT NEW.{}", moved.empty() ? "" : "\n      OR ", quoted(column), quoted(column));
    }
    return fmt::format("{}SELECT {}\n    WHERE {};\n", into(), values("OLD"), moved);
  }

  /// `COLLATE x`, where the column does not compare like that by itself.
  [[nodiscard]] std::string collate(const Part& part) const {
    if (part.column.empty()) return " COLLATE " + quoted(part.collation);
    const ColumnFacts* const column = facts_.column(part.column);  // none: the rowid
    const std::string_view own = column == nullptr ? "BINARY" : std::string_view(column->collation);
    return equal_ignoring_case(own, part.collation) ? "" : " COLLATE " + quoted(part.collation);
  }
  /// What an expression is for the row `of`: its columns stand for that row's.
  [[nodiscard]] std::string valued(const Part& part, std::string_view of) const {
    if (!part.column.empty()) return fmt::format("{}.{}", of, quoted(part.column));
    std::string columns;
    for (const std::string& column : columns_in(part.expression, facts_)) {
      columns += fmt::format("{}{}.{} AS {}", columns.empty() ? "" : ", ", of, quoted(column), quoted(column));
    }
    return fmt::format("(SELECT {} FROM (SELECT {}))", part.expression, columns.empty() ? "1" : columns);
  }
  [[nodiscard]] std::string equal(const Part& part, std::string_view to) const {
    const std::string mine = part.column.empty() ? fmt::format("({})", part.expression) : part.expression;
    return fmt::format("{}{} = {}", mine, collate(part), valued(part, to));
  }

  /// A row with the same key has the same values in all columns that matter: what is logged of the new row says it all.
  [[nodiscard]] bool key_says_all(const UniqueKey& key) const {
    return std::ranges::all_of(table_.columns, [&](const std::string& column) {
      return std::ranges::any_of(key.parts, [&](const Part& part) {
        return equal_ignoring_case(part.column, column) && collate(part).empty();
      });
    });
  }
  /// True if `column` takes part in the key; in a computed one any may.
  [[nodiscard]] bool has_part_in(const UniqueKey& key, const ColumnFacts& column) const {
    return std::ranges::any_of(key.parts, [&](const Part& part) {
      const std::vector<std::string> names = columns_in(part.expression, facts_);
      return std::ranges::any_of(
          names, [&](const std::string& name) { return name == column.name || facts_.column(name)->generated; });
    });
  }
  /// Whether REPLACE fills the key with a default, which no BEFORE trigger sees.
  [[nodiscard]] std::string filled(const UniqueKey& key) const {
    std::string out;
    for (const ColumnFacts& column : facts_.columns) {
      if (!column.defaulted || !has_part_in(key, column)) continue;
      out += fmt::format("{}NEW.{} IS NULL", out.empty() ? "" : " OR ", quoted(column.name));
    }
    return out;
  }

  /// Logs the rows that have the key of the new one.
  [[nodiscard]] std::string in_the_way(const UniqueKey& key, bool update) const {
    std::string body;
    if (const std::string unseen = filled(key); !unseen.empty()) {
      body += fmt::format("  {}SELECT {} WHERE {};\n", whole_table_record, -number_, unseen);
    }
    std::string where;
    for (const Part& part : key.parts) where += (where.empty() ? "" : " AND ") + equal(part, "NEW");
    if (!key.where.empty()) where += fmt::format(" AND ({})", key.where);
    if (update && !facts_.identity.empty()) where += fmt::format(" AND NOT ({})", same_row());
    return body + fmt::format("{}SELECT {}\n    FROM {} WHERE {};\n", into(), values(""), name_, where);
  }
  [[nodiscard]] std::string same_row() const {
    std::string out;
    for (const Part& part : facts_.identity) {
      out +=
          fmt::format("{}{}{} = OLD.{}", out.empty() ? "" : " AND ", part.expression, collate(part), part.expression);
    }
    return out;
  }

  [[nodiscard]] bool is_computed(const Part& part) const {
    const ColumnFacts* const column = facts_.column(part.column);
    return column != nullptr && column->generated;
  }

  /// How an UPDATE can give a row a key that it did not have, or nullopt: in ways that no comparison of columns tells.
  [[nodiscard]] std::optional<std::string> rekeyed(const UniqueKey& key) const {
    std::string out;
    bool excludes_null = key.where.empty();
    for (const Part& part : key.parts) {
      if (part.column.empty() || is_computed(part)) return std::nullopt;
      out += fmt::format("{}NEW.{}{} IS NOT OLD.{}", out.empty() ? "" : " OR ", part.expression, collate(part),
                         part.expression);
      excludes_null = excludes_null || equal_ignoring_case(key.where, part.expression + " is not null");
    }
    return excludes_null ? std::optional(out) : std::nullopt;
  }

  void add_replaced() {
    if (table_.columns.empty()) return;  // the new row's record says all there is to say
    std::string on_insert, on_update, when;
    bool always = false;
    for (const UniqueKey& key : facts_.keys) {
      if (key_says_all(key)) continue;
      on_insert += in_the_way(key, false);
      on_update += in_the_way(key, true);
      const std::optional<std::string> changed = rekeyed(key);
      always = always || !changed;
      if (changed) when += (when.empty() ? "" : " OR ") + *changed;
    }
    if (on_insert.empty()) return;
    add("before", "BEFORE", "INSERT", "", on_insert);
    add("before", "BEFORE", "UPDATE", always ? "" : fmt::format("\n  WHEN {}", when), on_update);
  }

  const TableFacts& facts_;
  const WatchedTable& table_;
  const int number_;
  const std::string name_;
  std::vector<Trigger> triggers_;
};

}  // namespace

std::vector<Trigger> triggers_for(const TableFacts& facts, const WatchedTable& table, int number) {
  return TriggerWriter(facts, table, number).write();
}

void log_whole_tables(db::Connection& connection, const std::vector<std::string>& tables) {
  const Rows log = read_rows(connection,
                             "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name IN ('freshet_change', "
                             "'freshet_watch')");
  if (log.size() != 2) return;
  const std::string record =
      fmt::format("{}SELECT -t FROM freshet_watch WHERE table_name = ?1 COLLATE NOCASE", whole_table_record);
  for (const std::string& table : tables) (void)read_rows(connection, record, {table});
}

}  // namespace freshet::feed::sqlite
