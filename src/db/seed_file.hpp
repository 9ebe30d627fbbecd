#pragma once
// A seed file: directives in its leading comments, and one SELECT whose columns are those of the table that it fills.
//
//   -- @into transactions        the target table
//   -- @rows 80%                 what :rows is for this file: a share of --rows, or a number; default 100%
//   -- @keep                     later files may read these rows under the table's name
//   -- @spare version = 1        rows of a migration: they do not count as data, and --reset leaves them
//   SELECT i AS id, rnd_int(1, 9, 'x', i) AS x FROM seed_series(1, :rows)

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace freshet::db {

struct SeedFile {
  std::string file;  // as shown in errors: "seed/010_members.sql"
  std::string text;  // the whole file, which is also the statement
  std::string table;
  std::size_t table_offset = 0;      // of its name in text
  std::optional<std::int64_t> rows;  // @rows N
  double rows_percent = 100;         // @rows N%
  bool keep = false;
  std::string spare;  // @spare: a condition; empty if none
  std::size_t spare_offset = 0;

  /// What :rows is for this file when `--rows` is `total`; at least 1.
  [[nodiscard]] std::int64_t rows_of(std::int64_t total) const noexcept;
};

/// Reads one file; throws config with its place for a directive that is wrong or missing.
[[nodiscard]] SeedFile parse_seed_file(std::string file, std::string text);
/// The .sql files of a folder in the order of their names. Throws config if there are none.
[[nodiscard]] std::vector<SeedFile> read_seed_files(const std::filesystem::path& folder);

}  // namespace freshet::db
