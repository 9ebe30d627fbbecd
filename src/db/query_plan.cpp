#include "db/query_plan.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "sql/lexer.hpp"

namespace freshet::db {
namespace {

class EachRow final : public RowSink {
 public:
  explicit EachRow(std::function<void(Row)> visit) : visit_(std::move(visit)) {}
  bool row(Row row) override {
    visit_(row);
    return true;
  }

 private:
  std::function<void(Row)> visit_;
};

void for_each_row(Connection& connection, std::string_view sql, std::function<void(Row)> visit) {
  EachRow sink(std::move(visit));
  Step step;
  step.statement = std::make_shared<const Statement>(connection.describe(sql));
  step.sink = &sink;
  (void)connection.run(step);
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// `SEARCH e USING COVERING INDEX i (month=? AND kind=?)`, taken apart.
struct Detail {
  bool scan = false, search = false;
  std::string_view name;   // of the table, or what the statement calls it
  std::string_view index;  // empty: none
  bool primary_key = false;
  std::size_t equal = 0;  // columns with a given value
  bool range = false;

  explicit Detail(std::string_view text) {
    scan = text.starts_with("SCAN ");
    search = text.starts_with("SEARCH ");
    if (!scan && !search) return;
    text.remove_prefix(text.find(' ') + 1);
    name = text.substr(0, text.find(' '));
    if (const std::size_t at = text.find("INDEX "); at != std::string_view::npos) {
      index = text.substr(at + 6);
      index = index.substr(0, index.find(' '));
      if (text.find("AUTOMATIC") != std::string_view::npos) index = {};  // made for this run only
    }
    primary_key = text.find("INTEGER PRIMARY KEY") != std::string_view::npos;
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos) return;
    const std::string_view terms = text.substr(open);
    for (std::size_t at = terms.find('?'); at != std::string_view::npos; at = terms.find('?', at + 1)) {
      terms[at - 1] == '=' ? static_cast<void>(++equal) : static_cast<void>(range = true);
    }
  }
};

/// The table that the statement, or a view in it, calls `alias`.
std::string table_called(std::string_view alias, std::string_view sql, const Catalog& catalog, unsigned depth = 0) {
  constexpr unsigned views_max = 8;
  if (const CatalogTable* table = catalog.table(alias); table != nullptr && !table->view) return table->name;
  const std::vector<sql::Token> tokens = sql::tokenize(sql);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const CatalogTable* const table = catalog.table(sql::text_of(sql, tokens[i]));
    if (table == nullptr) continue;
    if (table->view && depth < views_max) {
      if (std::string found = table_called(alias, table->view_sql, catalog, depth + 1); !found.empty()) return found;
    }
    std::size_t next = i + 1;
    if (sql::is_word(sql, tokens[next], "AS")) ++next;
    if (!table->view && next < tokens.size() && equal_ignoring_case(sql::text_of(sql, tokens[next]), alias)) {
      return table->name;
    }
  }
  return {};
}

const CatalogIndex* find_index(const Catalog& catalog, std::string_view name, std::string& table) {
  for (const CatalogTable& candidate : catalog.tables) {
    for (const CatalogIndex& index : candidate.indexes) {
      if (index.name != name) continue;
      table = candidate.name;
      return &index;
    }
  }
  return nullptr;
}

std::optional<std::int64_t> estimate(const Detail& detail, const PlanStep& step, const CatalogIndex* index,
                                     RowEstimates& estimates) {
  if (step.table.empty()) return std::nullopt;
  if (detail.scan) return estimates.rows(step.table);
  if (detail.primary_key && detail.equal > 0) return 1;
  if (index != nullptr && detail.equal > 0 && !detail.range) return estimates.rows(step.table, *index, detail.equal);
  return std::nullopt;
}

}  // namespace

RowEstimates::RowEstimates(Connection& connection) : connection_(connection) {
  if (connection.scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'") == "0") return;
  for_each_row(connection, "SELECT tbl, coalesce(idx, ''), stat FROM sqlite_stat1", [this](Row row) {
    Analyzed entry{.table = std::string(row[0].text), .index = std::string(row[1].text), .figures = {}};
    std::string_view text = row[2].text;
    while (!text.empty()) {
      std::int64_t figure = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), figure);
      if (error != std::errc()) break;  // words such as `unordered` end the figures
      entry.figures.push_back(figure);
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      text = trim(text);
    }
    if (!entry.figures.empty()) analyzed_.push_back(std::move(entry));
  });
}

const RowEstimates::Analyzed* RowEstimates::analyzed(std::string_view table, std::string_view index) const {
  const auto found = std::ranges::find_if(analyzed_, [&](const Analyzed& entry) {
    return equal_ignoring_case(entry.table, table) && (index.empty() || equal_ignoring_case(entry.index, index));
  });
  return found == analyzed_.end() ? nullptr : &*found;
}

RowEstimates::Source RowEstimates::source(std::string_view table) const {
  return analyzed(table, {}) != nullptr ? Source::analyzed : Source::counted;
}

std::optional<std::int64_t> RowEstimates::rows(const std::string& table) {
  if (const Analyzed* entry = analyzed(table, {})) return entry->figures.front();
  for (const auto& [name, rows] : counted_) {
    if (name == table) return rows;
  }
  const std::string text = connection_.scalar(fmt::format("SELECT count(*) FROM {}", quoted(table)));
  std::int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  counted_.emplace_back(table, rows);
  return rows;
}

std::optional<std::int64_t> RowEstimates::rows(const std::string& table, const CatalogIndex& index,
                                               std::size_t columns) {
  if (index.unique && columns >= index.columns.size()) return 1;
  const Analyzed* const entry = analyzed(table, index.name);
  if (entry == nullptr || columns >= entry->figures.size()) return std::nullopt;
  return entry->figures[columns];
}

QueryPlan query_plan(Connection& connection, std::string_view sql, const Catalog& catalog, RowEstimates& estimates) {
  QueryPlan plan;
  for_each_row(connection, fmt::format("EXPLAIN QUERY PLAN {}", sql), [&](Row row) {
    PlanStep step;
    step.id = static_cast<int>(row[0].integer);
    step.parent = static_cast<int>(row[1].integer);
    step.detail = row[3].text;
    plan.push_back(std::move(step));
  });
  for (PlanStep& step : plan) {
    const Detail detail(step.detail);
    if (!detail.scan && !detail.search) continue;
    const CatalogIndex* const index = find_index(catalog, detail.index, step.table);
    step.index = index == nullptr ? std::string() : index->name;
    if (index == nullptr) step.table = table_called(detail.name, sql, catalog);
    step.whole_table = detail.scan && !step.table.empty();
    step.rows = estimate(detail, step, index, estimates);
  }
  return plan;
}

}  // namespace freshet::db
