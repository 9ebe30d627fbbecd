#pragma once
// `freshet seed`: an app's seed/ folder of SQL (seed_file.hpp, docs/seed.md) becomes rows in its database.
//
// The SELECT runs in a generator of its own (in memory, with the rnd functions); its rows stream into the target
// through one prepared INSERT. All files together are one transaction: all or nothing.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "db/seed_file.hpp"

namespace freshet::db {

enum class ExistingRows : std::uint8_t {
  refuse,  // tables that have rows are an error
  keep,    // if a table has rows, nothing is done
  append,
  reset,  // the tables are emptied first, the last one first
};

struct SeedOptions {
  std::int64_t rows = 10'000;
  std::int64_t seed = 1;
  std::string until{};  // :until, "YYYY-MM"
  ExistingRows existing = ExistingRows::refuse;
};

struct SeedProgress {
  std::string_view table;
  std::uint64_t rows = 0;           // of all files so far
  std::uint64_t rows_expected = 0;  // an estimate that gets better with every file
};

struct SeedSummary {
  struct File {
    std::string file, table;
    std::uint64_t rows = 0;
  };
  std::vector<File> files;
  std::uint64_t rows = 0;
  bool kept = false;  // there were rows already, and ExistingRows::keep
};

/// Runs all files in one transaction. Blocking; constant memory but for tables that are kept. Throws config with file,
/// line and column for SQL that is wrong, conflict where tables have rows, and what the target says of a row that it
/// refuses (conflict, unprocessable; with the file, and the number of the row in its result).
SeedSummary seed(Connection& target, std::span<const SeedFile> files, const SeedOptions& options,
                 const std::function<void(const SeedProgress&)>& on_progress);

}  // namespace freshet::db
