#pragma once
// freshet seed: believable rows for an app, made by the SQL in its seed/ folder (docs/seed.md).

#include <cstdint>
#include <optional>
#include <string>

#include "cli/common.hpp"

namespace freshet::cli {

struct SeedArguments {
  AppArguments app;
  std::optional<std::int64_t> rows;  // none: what freshet.toml says
  std::int64_t seed = 1;
  std::string until;  // a month; empty: this month
  bool append = false, reset = false, if_empty = false, quiet = false;
};

/// Returns the exit code; throws Error for what fails. Nothing is written unless all of it is.
[[nodiscard]] int run_seed(const SeedArguments& arguments);

}  // namespace freshet::cli
