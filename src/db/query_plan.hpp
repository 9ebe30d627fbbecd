#pragma once
// How a database will run a statement, and over how many rows: what `freshet explain` shows.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace freshet::db {

/// One line of a plan.
struct PlanStep {
  int id = 0;
  int parent = 0;                    // 0: at the top
  std::string detail;                // in the database's words: "SEARCH entries USING INDEX entries_by_month (month=?)"
  std::string table;                 // that it goes through; empty: none, or it cannot be told
  std::string index;                 // that it uses; empty: none
  bool whole_table = false;          // goes through all rows
  std::optional<std::int64_t> rows;  // estimated, each time that the step is run
};

/// Ordered as the database tells them: a step comes after its parent.
using QueryPlan = std::vector<PlanStep>;

/// How many rows tables and their parts have.
class RowEstimates {
 public:
  /// What the database's last ANALYZE counted; the rows of tables that it knows nothing of are counted when they are
  /// asked for. `connection` outlives it.
  explicit RowEstimates(Connection& connection);

  enum class Source : std::uint8_t {
    analyzed,  // sqlite_stat1
    counted,   // count(*): tables only; of a part, only what a unique index promises is known
  };
  [[nodiscard]] Source source(std::string_view table) const;
  /// Rows of the table.
  [[nodiscard]] std::optional<std::int64_t> rows(const std::string& table);
  /// Rows that have given values in the first `columns` columns of the index.
  [[nodiscard]] std::optional<std::int64_t> rows(const std::string& table, const CatalogIndex& index,
                                                 std::size_t columns);

 private:
  struct Analyzed {
    std::string table, index;
    std::vector<std::int64_t> figures;  // rows, then rows for each prefix of the index
  };
  [[nodiscard]] const Analyzed* analyzed(std::string_view table, std::string_view index) const;

  Connection& connection_;
  std::vector<Analyzed> analyzed_;
  std::vector<std::pair<std::string, std::int64_t>> counted_;
};

/// The plan of `sql`, in the database's own placeholders. Throws what Connection::describe does.
[[nodiscard]] QueryPlan query_plan(Connection& connection, std::string_view sql, const Catalog& catalog,
                                   RowEstimates& estimates);

}  // namespace freshet::db
