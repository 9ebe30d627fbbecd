#pragma once
// Where seed files run: a private SQLite database in memory with the rnd functions, whatever the target is.

#include <cstdint>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "db/catalog.hpp"
#include "db/seed_file.hpp"
#include "db/sqlite/handle.hpp"

namespace freshet::db::sqlite {

/// Not thread-safe.
class SeedGenerator {
 public:
  SeedGenerator(std::int64_t seed, std::string until);

  /// Readies the file's SELECT with :rows = `rows`, in place of the one before. Throws config with file, line and
  /// column.
  void start(const SeedFile& file, std::int64_t rows);
  /// Names of its columns.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  /// Makes a table with the columns of `table`, and remembers there whatever next() delivers from now on.
  void keep_as(const CatalogTable& table);

  /// The next row, or an empty one at the end. Valid until the next call. Throws config with the file's place.
  [[nodiscard]] Row next();

 private:
  void bind_parameters(std::int64_t rows);
  void remember_row();
  [[noreturn]] void fail() const;

  std::int64_t seed_;
  std::string until_;
  DatabaseHandle handle_;
  const SeedFile* file_ = nullptr;
  StatementHandle select_, remember_;
  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
};

}  // namespace freshet::db::sqlite
