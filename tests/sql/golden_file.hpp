#pragma once
// Golden files: cases of input and expected output in one readable text.
//
//   === what the case shows
//   input, as many lines as it takes
//   ---
//   expected output
//
// With FRESHET_UPDATE_GOLDEN=1 in the environment the expected parts are written anew; read the difference before you
// keep it.

#include <filesystem>
#include <string>
#include <vector>

namespace freshet::testing {

struct GoldenCase {
  std::string title;
  std::string input;     // without the line break at its end
  std::string expected;  // likewise
};

/// Throws std::runtime_error if the file does not read as above.
[[nodiscard]] std::vector<GoldenCase> read_golden(const std::filesystem::path& file);
void write_golden(const std::filesystem::path& file, const std::vector<GoldenCase>& cases);
[[nodiscard]] bool updating_golden();

}  // namespace freshet::testing
