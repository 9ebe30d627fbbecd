#include "sql/golden_file.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace freshet::testing {
namespace {

// Leaves out blank lines at both ends, which only set the cases apart.
std::string stripped(const std::string& text) {
  const std::size_t first = text.find_first_not_of('\n');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of('\n') - first + 1);
}

}  // namespace

std::vector<GoldenCase> read_golden(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("can not open " + file.string());
  std::vector<GoldenCase> cases;
  bool in_expected = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({.title = line.substr(4), .input = {}, .expected = {}});
      in_expected = false;
    } else if (cases.empty()) {
      throw std::runtime_error(file.string() + " does not start with `=== title`");
    } else if (line == "---") {
      in_expected = true;
    } else {
      (in_expected ? cases.back().expected : cases.back().input).append(line).push_back('\n');
    }
  }
  for (GoldenCase& each : cases) {
    each.input = stripped(each.input);
    each.expected = stripped(each.expected);
  }
  return cases;
}

void write_golden(const std::filesystem::path& file, const std::vector<GoldenCase>& cases) {
  std::ofstream out(file);
  for (const GoldenCase& each : cases) {
    out << (&each == cases.data() ? "" : "\n") << "=== " << each.title << '\n'
        << each.input << "\n---\n"
        << each.expected << '\n';
  }
}

bool updating_golden() { return std::getenv("FRESHET_UPDATE_GOLDEN") != nullptr; }

}  // namespace freshet::testing
