// fill_rollup(): the rows that were there before the rollup.
//
// Each transaction takes a range of the first group column, throws away what the rollup holds of it (rows that were
// written meanwhile, on top of nothing) and computes it from the source. From then on the triggers keep it exact. So
// every range is right whenever it is done, and nothing depends on the order.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "feed/rollup_state.hpp"
#include "feed/rows.hpp"
#include "feed/sqlite/watch_triggers.hpp"

namespace freshet::feed {
namespace {

using sql::quoted;

class Fill {
 public:
  Fill(db::Connection& connection, const Rollup& rollup, std::int64_t batch_rows)
      : connection_(connection),
        rollup_(rollup),
        batch_rows_(batch_rows),
        name_(rollup.definition().name),
        group_(quoted(rollup.definition().group_by.front())) {}

  bool run(bool again, const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
    if (again) {
      change("UPDATE freshet_rollups SET state = 'filling', filled_to = NULL, filled_rows = 0 WHERE name = ?1",
             {name_});
    }
    const auto total = static_cast<std::uint64_t>(
        number(read_rows(connection_, fmt::format("SELECT count(*) FROM {}", source())).at(0)[0]));
    bool more = true;
    while (more) {
      more = batch();
      if (!progress(std::min(rows_, total), total)) return !more;
    }
    return true;
  }

 private:
  [[nodiscard]] std::string source() const { return quoted(rollup_.source().table.name); }

  static std::int64_t number(const Value& value) {
    const auto* const whole = std::get_if<std::int64_t>(&value);
    return whole == nullptr ? 0 : *whole;
  }

  void change(std::string_view sql, std::vector<Value> parameters) {
    (void)read_rows(connection_, sql, std::move(parameters));
  }

  // One range in one transaction; false if it was the last.
  bool batch() {
    db::Transaction transaction(connection_, db::Mode::write);
    const auto state =
        read_rows(connection_, "SELECT state, filled_to, filled_rows FROM freshet_rollups WHERE name = ?1", {name_});
    if (state.empty()) throw Error(ErrorKind::config, fmt::format("rollup {} was removed meanwhile", name_));
    if (text_of(state[0][0]) == "complete") return false;
    const Value from = state[0][1];
    const bool first = std::holds_alternative<Null>(from);
    const std::string above = first ? "TRUE" : fmt::format("s.{} > ?1", group_);
    std::vector<Value> bounds;
    if (!first) bounds.push_back(from);
    const Rows next = read_rows(connection_,
                                fmt::format("SELECT s.{0} FROM {1} AS s WHERE {2} AND s.{0} IS NOT NULL ORDER BY s.{0} "
                                            "LIMIT 1 OFFSET {3}",
                                            group_, source(), above, batch_rows_),
                                bounds);
    std::string range = first ? fmt::format("(s.{0} IS NULL OR TRUE)", group_) : above;
    if (!next.empty()) {
      bounds.push_back(next[0][0]);
      range = fmt::format("{} AND {}s.{} <= ?{}", first ? "TRUE" : above,
                          first ? fmt::format("(s.{} IS NULL OR ", group_) : "", group_, bounds.size());
      if (first) range += ")";
    }
    rows_ = static_cast<std::uint64_t>(number(state[0][2]));
    count(range, bounds);
    finish_range(next.empty() ? std::nullopt : std::optional<Value>(next[0][0]));
    transaction.commit();
    return !next.empty();
  }

  void count(const std::string& range, const std::vector<Value>& bounds) {
    change(fmt::format("DELETE FROM {} AS s WHERE {}", quoted(name_), range), bounds);
    change(fmt::format("INSERT INTO {} {}", quoted(name_), rollup_.query(range)), bounds);
    for (const sql::RollupMeasure& measure : rollup_.definition().measures) {
      if (!measure.sum) continue;
      const Rows wrong =
          read_rows(connection_,
                    fmt::format("SELECT s.{} FROM {} AS s WHERE {} AND typeof(s.{}) <> 'integer' LIMIT 1", group_,
                                quoted(name_), range, quoted(sum_column(measure))),
                    bounds);
      if (wrong.empty()) continue;
      throw Error(ErrorKind::config,
                  fmt::format("rollup {}: where {} is {}, {} is not always an integer", name_,
                              rollup_.definition().group_by.front(), text_of(wrong[0][0]), measure.name))
          .hinting(fmt::format("SELECT * FROM {} WHERE typeof({}) NOT IN ('integer', 'null') shows the rows",
                               rollup_.source().table.name, measure.text));
    }
    const Rows counted = read_rows(
        connection_, fmt::format("SELECT ifnull(sum(n), 0) FROM {} AS s WHERE {}", quoted(name_), range), bounds);
    rows_ += static_cast<std::uint64_t>(number(counted.at(0)[0]));
  }

  void finish_range(const std::optional<Value>& to) {
    change("UPDATE freshet_rollups SET state = ?2, filled_to = ?3, filled_rows = ?4 WHERE name = ?1",
           {name_, std::string(to ? "filling" : "complete"), to.value_or(Value(Null{})),
            static_cast<std::int64_t>(rows_)});
    if (to) return;
    // Answers may have been made, and kept, of what the rollup held by mistake. They depend on its source.
    sqlite::log_whole_tables(connection_, {rollup_.source().table.name, name_});
  }

  db::Connection& connection_;
  const Rollup& rollup_;
  std::int64_t batch_rows_;
  std::string name_;
  std::string group_;
  std::uint64_t rows_ = 0;
};

}  // namespace

bool fill_rollup(db::Connection& connection, const Rollup& rollup, bool again, std::int64_t batch_rows,
                 const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  return Fill(connection, rollup, batch_rows).run(again, progress);
}

}  // namespace freshet::feed
