#pragma once
// freshet load: a CSV streams into a table of an app's database (docs/load.md).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/common.hpp"

namespace freshet::cli {

struct LoadArguments {
  AppArguments app;
  std::string table, file;
  std::vector<std::string> maps;  // "column=expression"
  std::vector<std::string> key;
  std::string on_conflict = "skip";
  std::string delimiter;  // empty: found out; a character, "tab" or "\t"
  std::string encoding = "utf-8";
  std::optional<std::string> null_text;
  std::uint64_t batch = 10'000;
  bool partial = false, dry_run = false, quiet = false;
  std::string bad_file;  // empty: FILE.bad.csv
  std::uint64_t bad_max = 1'000;
};

/// Returns the exit code: 1 if lines were bad and therefore nothing was loaded, or it gave up. Throws Error for what
/// fails as such.
[[nodiscard]] int run_load(const LoadArguments& arguments);

}  // namespace freshet::cli
