// freshet explain, for people.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/explain_output.hpp"
#include "cli/report.hpp"
#include "core/text.hpp"

namespace freshet::cli {
namespace {

constexpr std::size_t indent = 13;  // of what stands beside a word in the margin

std::string faint(const std::string& text) { return styled(STDOUT_FILENO, "2", text); }

void line(std::string_view word, std::string_view text) {
  fmt::print("  {}{}\n", faint(fmt::format("{:<{}}", word, indent - 2)), text);
}

std::string time_text(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds % 3600 == 0) return fmt::format("{}h", seconds / 3600);
  if (seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string kept_text(const Explanation& explanation) {
  if (!explanation.kept) return fmt::format("no: {}", explanation.not_kept_because);
  const api::CachePlan& plan = *explanation.endpoint->cache;
  std::string text = "yes";
  if (!explanation.called && !explanation.only_with.empty()) {
    text += fmt::format(", with {}", fmt::join(explanation.only_with, " and "));
  }
  text += ", until something it depends on changes";
  if (plan.ttl_min) {
    text += fmt::format(", {} to {} at most, as often as it turns out changed", time_text(*plan.ttl_min),
                        time_text(*plan.ttl));
  } else if (plan.ttl) {
    text += fmt::format(", {} at most", time_text(*plan.ttl));
  }
  if (plan.stale) text += fmt::format("; {} longer while a new one is made", time_text(*plan.stale));
  return text;
}

std::string mode_text(const Explanation& explanation) {
  if (!explanation.mode) return "the app's database " + explanation.mode_reason;
  if (*explanation.mode == feed::Mode::pieces) return "are seen piece by piece";
  const std::string& reason = explanation.mode_reason;
  return "any write ends it" + (reason.empty() ? reason : ": " + reason);
}

/// Without the blanks that all lines but the first begin with.
void print_sql(const std::string& sql) {
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = std::min(sql.find('\n', at), sql.size());
    fmt::print("    {}\n", std::string_view(sql).substr(at, end - at));
    at = end + 1;
  }
}

void print_references(const ExplainedStatement& statement) {
  std::string_view word = "depends on";
  for (const ExplainedReference& reference : statement.references) {
    std::string text = reference.pattern;
    const bool same = reference.tags.size() == 1 && reference.tags.front() == reference.pattern;
    if (!reference.tags.empty() && !same) text += fmt::format("  →  {}", fmt::join(reference.tags, " "));
    if (!reference.whole_because.empty()) text += faint(fmt::format("  whole: {}", reference.whole_because));
    line(std::exchange(word, ""), text);
  }
}

/// Draws the steps below `parent`, and those below them.
void print_steps(const db::QueryPlan& plan, int parent, const std::string& before, std::string_view& word) {
  std::vector<const db::PlanStep*> steps;
  for (const db::PlanStep& step : plan) {
    if (step.parent == parent) steps.push_back(&step);
  }
  for (const db::PlanStep* step : steps) {
    const bool last = step == steps.back();
    const std::string branch = parent == 0 ? "" : last ? "└─ " : "├─ ";
    const std::string rows =
        step->rows ? fmt::format("  {} row{}", count_text(*step->rows), *step->rows == 1 ? "" : "s") : "";
    line(std::exchange(word, ""), before + branch + step->detail + faint(rows));
    print_steps(plan, step->id, parent == 0 ? before : before + (last ? "   " : "│  "), word);
  }
}

void print_statement(const ExplainedStatement& statement, bool called) {
  fmt::print(
      "\n{} {}\n", styled(STDOUT_FILENO, "1", statement.name.empty() ? "statement" : statement.name),
      faint(fmt::format("line {}{}", statement.line, called && !statement.runs ? ", not run by this call" : "")));
  print_sql(statement.sql);
  print_references(statement);
  if (!statement.answered_from.empty()) line("rollup", statement.answered_from);
  std::string_view word = "plan";
  print_steps(statement.plan, 0, "", word);
  word = "indexes";
  for (const db::CatalogIndex& index : statement.indexes) {
    std::vector<std::string> columns = index.columns;
    std::ranges::replace(columns, "", "…");
    line(std::exchange(word, ""),
         fmt::format("{} ({}){}", index.name, fmt::join(columns, ", "), index.unique ? " unique" : ""));
  }
}

void print_rows_from(const Explanation& explanation, const std::string& why_not_own) {
  if (!why_not_own.empty()) {
    fmt::print("\n{}\n",
               faint(fmt::format("Plans are those of a database without rows: the app's own {}.", why_not_own)));
    return;
  }
  std::string text;
  if (!explanation.analyzed.empty()) {
    text += fmt::format("by the last ANALYZE for {}", fmt::join(explanation.analyzed, ", "));
  }
  if (!explanation.counted.empty()) {
    text += fmt::format("{}counted for {} (ANALYZE would tell of its parts)", text.empty() ? "" : "; ",
                        fmt::join(explanation.counted, ", "));
  }
  if (!text.empty())
    fmt::print("\n{}\n", faint(fmt::format("Rows are estimated for each time that a step runs: {}.", text)));
}

}  // namespace

std::vector<std::string> patterns_of(const api::Endpoint& endpoint) {
  std::vector<std::string> out;
  std::vector<std::string> whole;
  for (const api::CachePlan::StatementReads& reads : endpoint.cache->statements) {
    for (const sql::TableDependency& table : reads.dependencies.tables) {
      if (table.columns.empty()) whole.push_back(table.table);
    }
  }
  for (const api::CachePlan::StatementReads& reads : endpoint.cache->statements) {
    for (const sql::TableDependency& table : reads.dependencies.tables) {
      const bool covered = !table.columns.empty() && std::ranges::find(whole, table.table) != whole.end();
      if (covered) continue;
      std::string pattern = api::pattern_of(table);
      if (std::ranges::find(out, pattern) == out.end()) out.push_back(std::move(pattern));
    }
  }
  return out;
}

void print_text(const Explanation& explanation, const std::string& why_not_own) {
  const api::Endpoint& endpoint = *explanation.endpoint;
  fmt::print("{} {}  {}\n", styled(STDOUT_FILENO, "1;36", std::string(http::to_string(endpoint.method))),
             styled(STDOUT_FILENO, "1", endpoint.route), faint(endpoint.source.file));
  line("cached", kept_text(explanation));
  if (explanation.kept) line("changes", mode_text(explanation));
  if (explanation.kept && explanation.called) {
    line("key", explanation.key);
    std::string_view word = "tags";
    for (const std::string& tag : explanation.tags) line(std::exchange(word, ""), tag);
  }
  for (const ExplainedStatement& statement : explanation.statements) print_statement(statement, explanation.called);
  print_rows_from(explanation, why_not_own);
}

void print_routes(const ExplainedApp& app) {
  std::size_t width = 5;
  for (const api::EndpointPtr& endpoint : app.app().endpoints) width = std::max(width, endpoint->route.size());
  for (const api::EndpointPtr& endpoint : app.app().endpoints) {
    const api::CachePlan& plan = *endpoint->cache;
    const std::string method(http::to_string(endpoint->method));
    const std::string patterns = fmt::format("{}", fmt::join(patterns_of(*endpoint), " "));
    fmt::print("{} {:<{}}  {}  {}\n", styled(STDOUT_FILENO, "1;36", fmt::format("{:<6}", method)), endpoint->route,
               width, plan.cacheable ? styled(STDOUT_FILENO, "32", "cached") : faint("-     "),
               plan.cacheable ? patterns : faint(plan.reason.substr(0, plan.reason.rfind(" ("))));
  }
}

}  // namespace freshet::cli
