// Runs every golden file in tests/sql/golden; the start of a file's name says what is done with the inputs:
//   contract_…  an endpoint file that is right → what was understood
//   problems_…  an endpoint file with mistakes → the messages
//   types_…     a statement → the types of its columns (schema_types_…: with the schema of test_lookup below)
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

std::string output_for(const fs::path& file, const std::string& input) {
  const std::string name = file.filename().string();
  if (name.starts_with("contract_")) return contract_of(input);
  if (name.starts_with("problems_")) return problems_of(input);
  if (name.starts_with("types_")) return types_of(input, {});
  if (name.starts_with("schema_types_")) return types_of(input, test_lookup);
  if (name.starts_with("render_")) return render_of(input);
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
