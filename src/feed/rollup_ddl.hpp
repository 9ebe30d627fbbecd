#pragma once
// The SQL that makes a rollup of SQLite: its table, and the triggers on its source that keep it exact within the
// writer's own transaction, whoever writes.
//
// Counts and sums are kept by addition and subtraction, which may come in any order. A writer's OR IGNORE, OR REPLACE …
// holds within triggers too, so nothing here rests on a constraint: it would be skipped in silence. What cannot be kept
// exact is refused by RAISE(ABORT), which no conflict clause overrides.
//
// REPLACE takes rows away without telling (unless recursive_triggers is on). So BEFORE triggers note the rows that hold
// a unique key of the new one, and AFTER triggers, which only run if the write was not ignored, subtract those that are
// gone.
//
// Where a write to the source may cause another one to it before it is done, through triggers or foreign keys, the
// order in which the triggers hear of rows says nothing. There each group that a write may have touched is computed
// anew.

#include <string>
#include <vector>

#include "feed/rollup_source.hpp"
#include "sql/rollup.hpp"
#include "sql/rollup_match.hpp"

namespace freshet::feed {

struct RollupObject {
  std::string type;  // "table", "index", "trigger"
  std::string name;
  std::string sql;  // CREATE …, as the schema keeps it
};

/// A definition that fits its source, and everything that follows from the two.
class Rollup {
 public:
  /// Throws config for what cannot be kept exact.
  Rollup(sql::RollupDefinition definition, RollupSource source);

  [[nodiscard]] const sql::RollupDefinition& definition() const noexcept { return definition_; }
  [[nodiscard]] const RollupSource& source() const noexcept { return source_; }

  /// As the rewriting of queries knows it.
  [[nodiscard]] sql::RollupTable table() const;

  /// In the order in which they are made.
  [[nodiscard]] std::vector<RollupObject> objects() const;

  /// The measure may be NULL, so that its values are counted.
  [[nodiscard]] bool counts(const sql::RollupMeasure& measure) const;
  /// Its columns, groups first, in the order of query().
  [[nodiscard]] std::vector<std::string> columns() const;
  /// SELECT that computes it from the source; `where` (over the source as `s`) narrows it down.
  [[nodiscard]] std::string query(std::string_view where = {}) const;
  /// SELECT that looks up one group for least and greatest values, to see whether an index helps. Empty: none needed.
  [[nodiscard]] std::string group_query() const;
  [[nodiscard]] bool has_extremes() const;
  /// Where rows are noted that a write may replace.
  [[nodiscard]] std::string notes_table() const;

 private:
  /// How to write the values of one row: of the source, or as noted before it went.
  struct RowText {
    std::vector<std::string> groups;
    std::vector<std::string> values;  // of the measures
    std::string filter;               // empty: it counts
  };

  void check_group_columns() const;
  void check_measure(const sql::RollupMeasure& measure) const;
  void check_names() const;

  [[nodiscard]] RowText row(std::string_view prefix) const;
  [[nodiscard]] RowText noted_row() const;
  [[nodiscard]] bool nullable_groups() const;
  [[nodiscard]] std::string same_group(const RowText& row) const;
  [[nodiscard]] std::string group_of_source(const RowText& row) const;

  [[nodiscard]] std::string table_sql() const;
  [[nodiscard]] std::string notes_sql() const;
  [[nodiscard]] std::string add(const RowText& row) const;
  [[nodiscard]] std::string subtract(const RowText& row) const;
  [[nodiscard]] std::string change(const RowText& before, const RowText& after) const;
  [[nodiscard]] std::string insert_missing(const RowText& row, bool adds) const;
  [[nodiscard]] std::string recompute_extremes(const RowText& row) const;
  [[nodiscard]] std::string recompute(const RowText& row) const;
  [[nodiscard]] std::string check(const RowText& row) const;
  [[nodiscard]] std::string complaint(const sql::RollupMeasure& measure) const;
  [[nodiscard]] std::string drop_empty(const RowText& row) const;
  [[nodiscard]] std::string checked(const sql::RollupMeasure& measure, std::string_view sum,
                                    std::string_view value) const;

  [[nodiscard]] std::string owner(std::size_t key) const;
  [[nodiscard]] std::string own_notes() const;
  [[nodiscard]] std::string same_row(std::string_view prefix) const;
  [[nodiscard]] std::string note_rows(bool update) const;
  [[nodiscard]] std::string take_evicted() const;
  [[nodiscard]] std::string key_changes() const;
  [[nodiscard]] std::string key_value(const KeyTerm& term, std::string_view prefix) const;

  [[nodiscard]] std::string trigger_name(std::string_view what) const;
  void add_write_triggers(std::vector<RollupObject>& out) const;
  void add_update_triggers(std::vector<RollupObject>& out) const;
  void add_eviction_triggers(std::vector<RollupObject>& out) const;
  void add_following_trigger(std::vector<RollupObject>& out) const;

  sql::RollupDefinition definition_;
  RollupSource source_;
  std::vector<sql::RowExpression> values_;  // of the measures
  std::vector<sql::RowExpression> filter_;  // none or one
};

}  // namespace freshet::feed
