// Runs every golden file in tests/sql/golden; the start of a file's name says what is done with the inputs:
//   contract_…  an endpoint file that is right → what was understood
//   problems_…  an endpoint file with mistakes → the messages
//   types_…     a statement → the types of its columns (schema_types_…: with the schema of test_lookup below)
//   rollup_…    a statement over `lines` → what is asked of its rollups (test_rollups below)
//   render_…    an endpoint file → its statements in both databases' placeholders

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "sql/contract_text.hpp"
#include "sql/golden_file.hpp"
#include "sql/rollup_match.hpp"
#include "sql/statement.hpp"
#include "sql/test_lookup.hpp"

namespace freshet::testing {
namespace {

namespace fs = std::filesystem;

std::string contract_of(const std::string& input) {
  Diagnostics problems;
  const sql::EndpointSource endpoint = sql::parse_endpoint("x.sql", input, problems);
  return problems.empty() ? contract_text(endpoint) : "PROBLEMS\n" + problems_text(problems);
}

std::string problems_of(const std::string& input) {
  Diagnostics problems;
  const sql::EndpointSource endpoint = sql::parse_endpoint("x.sql", input, problems);
  return problems.empty() ? "none" : problems_text(problems);
}

// `-- columns N` in the first line says how many the database would report.
std::string types_of(const std::string& input, const sql::ColumnLookup& lookup) {
  const std::string_view marker = "-- columns ";
  if (!input.starts_with(marker)) return "the first line must be `-- columns N`";
  const std::size_t count = std::stoul(input.substr(marker.size()));
  std::vector<std::string> types;
  for (const sql::InferredColumn& column : sql::infer_columns(input, count, lookup)) {
    types.push_back(fmt::format("{}{}{}", to_string(column.type), column.not_null ? " not null" : "",
                                column.outer ? " outer" : ""));
  }
  return fmt::format("{}", fmt::join(types, "\n"));
}

std::string rendered_text(const sql::Rendered& rendered) {
  std::vector<std::string> slots;
  for (const sql::Slot& slot : rendered.slots) {
    slots.push_back(
        fmt::format("{}{}{}{}", slot.name, slot.column.empty() ? "" : ".", slot.column, slot.list ? "[]" : ""));
  }
  return fmt::format("{}\n  {}", rendered.sql, fmt::join(slots, ", "));
}

std::string render_of(const std::string& input) {
  Diagnostics problems;
  const sql::EndpointSource endpoint = sql::parse_endpoint("x.sql", input, problems);
  if (!problems.empty()) return "PROBLEMS\n" + problems_text(problems);
  std::vector<std::string> texts;
  for (const sql::StatementSource& statement : endpoint.statements) {
    texts.push_back(rendered_text(render(statement, sql::PlaceholderStyle::sqlite, endpoint.parameters)));
    texts.push_back(rendered_text(render(statement, sql::PlaceholderStyle::postgres, endpoint.parameters)));
  }
  return fmt::format("{}", fmt::join(texts, "\n"));
}

// lines (month TEXT NOT NULL, category TEXT NOT NULL, place TEXT COLLATE NOCASE, cents INTEGER NOT NULL, tip INTEGER,
// hidden BOOLEAN NOT NULL), summed up by month, category and place where it is not hidden, and by month alone.
std::vector<sql::RollupTable> test_rollups() {
  using sql::Affinity;
  sql::SchemaTable lines;
  lines.name = "lines";
  lines.columns = {{.name = "id", .affinity = Affinity::numeric},
                   {.name = "month", .affinity = Affinity::text},
                   {.name = "category", .affinity = Affinity::text},
                   {.name = "place", .affinity = Affinity::text, .collation = sql::Collation::nocase},
                   {.name = "cents", .affinity = Affinity::numeric},
                   {.name = "tip", .affinity = Affinity::numeric},
                   {.name = "hidden", .affinity = Affinity::numeric}};
  sql::RollupTable shown{.definition = {},
                         .source = lines,
                         .not_null = {"month", "category", "cents", "hidden"},
                         .columns = {"month", "category", "place", "n", "sum_cents", "min_cents", "sum_tip", "cnt_tip",
                                     "sum_gain", "cnt_gain"},
                         .counted = {"tip", "gain"}};
  shown.definition.name = "shown";
  shown.definition.source = "lines";
  shown.definition.group_by = {"month", "category", "place"};
  shown.definition.filter = "hidden = FALSE";
  add_measure(shown.definition, "cents", sql::RollupAggregate::sum);
  add_measure(shown.definition, "cents", sql::RollupAggregate::min);
  add_measure(shown.definition, "tip", sql::RollupAggregate::sum);
  add_measure(shown.definition, "CASE WHEN cents > 0 THEN cents ELSE 0 END AS gain", sql::RollupAggregate::sum);
  sql::RollupTable months = shown;
  months.definition.name = "months";
  months.definition.group_by = {"month"};
  months.definition.filter.clear();
  months.columns.erase(months.columns.begin() + 1, months.columns.begin() + 3);
  return {shown, months};
}

std::string rollup_of(const std::string& input) {
  const auto answered = sql::answer_from_rollups(input, test_rollups(), false);
  return answered ? answered->text : "not proven";
}

std::string output_for(const fs::path& file, const std::string& input) {
  const std::string name = file.filename().string();
  if (name.starts_with("contract_")) return contract_of(input);
  if (name.starts_with("problems_")) return problems_of(input);
  if (name.starts_with("types_")) return types_of(input, {});
  if (name.starts_with("schema_types_")) return types_of(input, test_lookup);
  if (name.starts_with("render_")) return render_of(input);
  if (name.starts_with("rollup_")) return rollup_of(input);
  return "no golden file is named like that";
}

std::vector<fs::path> golden_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(FRESHET_SOURCE_DIR) / "tests/sql/golden"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class GoldenTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(GoldenTest, every_case_gives_what_is_written_below_it) {
  std::vector<GoldenCase> cases = read_golden(GetParam());
  ASSERT_FALSE(cases.empty());
  for (GoldenCase& each : cases) {
    const std::string output = output_for(GetParam(), each.input);
    if (!updating_golden()) {
      EXPECT_EQ(output, each.expected) << each.title;
    }
    each.expected = output;
  }
  if (updating_golden()) write_golden(GetParam(), cases);
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenTest, ::testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace freshet::testing
