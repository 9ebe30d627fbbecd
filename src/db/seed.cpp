#include "db/seed.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "db/copy_rows.hpp"
#include "db/insert_statement.hpp"
#include "db/sequences.hpp"
#include "db/sqlite/seed_generator.hpp"

namespace freshet::db {

namespace {

/// "id = 7, name = 'Ada'": the beginning of a row, for a message about it.
std::string row_in_words(const std::vector<std::string>& columns, Row row) {
  constexpr std::size_t columns_max = 8, text_max = 40;
  std::string words;
  for (std::size_t i = 0; i < std::min(columns.size(), columns_max); ++i) {
    if (i > 0) words += ", ";
    words += columns[i] + " = ";
    switch (row[i].type) {
      case Cell::Type::null:
        words += "NULL";
        break;
      case Cell::Type::integer:
        words += std::to_string(row[i].integer);
        break;
      case Cell::Type::real:
        words += fmt::format("{}", row[i].real);
        break;
      case Cell::Type::text:
        words += fmt::format("'{}'", row[i].text.substr(0, text_max));
        break;
      case Cell::Type::blob:
        words += fmt::format("{} bytes", row[i].text.size());
        break;
    }
  }
  return columns.size() > columns_max ? words + ", …" : words;
}

class Seeding {
 public:
  Seeding(Connection& target, std::span<const SeedFile> files, const SeedOptions& options,
          const std::function<void(const SeedProgress&)>& on_progress)
      : target_(target),
        files_(files),
        options_(options),
        on_progress_(on_progress),
        generator_(options.seed, options.until),
        catalog_(target.catalog()) {}

  SeedSummary run() {
    for (const SeedFile& file : files_) {
      require_table(file);
      expected_ += estimate(file);
    }
    Transaction transaction(target_, Mode::write);
    if (options_.existing == ExistingRows::keep && holds_rows()) {
      summary_.kept = true;
      return std::move(summary_);
    }
    prepare_tables();
    for (const SeedFile& file : files_) run_file(file);
    transaction.commit();
    return std::move(summary_);
  }

 private:
  const CatalogTable& require_table(const SeedFile& file) const {
    const CatalogTable* const table = catalog_.table(file.table);
    if (table != nullptr && !table->view) return *table;
    std::vector<std::string_view> names;
    for (const CatalogTable& candidate : catalog_.tables) names.emplace_back(candidate.name);
    throw error_at(file.file, file.text, file.table_offset,
                   table == nullptr ? fmt::format("there is no table `{}`", file.table)
                                    : fmt::format("`{}` is a view, not a table", file.table))
        .hinting(table == nullptr ? did_you_mean(file.table, names) : std::string());
  }

  [[nodiscard]] std::uint64_t estimate(const SeedFile& file) const {
    const bool grows = file.text.find(":rows") != std::string::npos;
    return grows ? static_cast<std::uint64_t>(file.rows_of(options_.rows)) : 0;
  }

  void prepare_tables();
  void empty_table(const SeedFile& file);
  void refuse_rows(const SeedFile& file);
  [[nodiscard]] bool has_rows(const SeedFile& file);
  [[nodiscard]] bool holds_rows() {
    return std::any_of(files_.begin(), files_.end(), [this](const SeedFile& file) { return has_rows(file); });
  }
  std::string scalar_at(const SeedFile& file, const std::string& sql);

  void run_file(const SeedFile& file);
  void require_columns(const SeedFile& file, const CatalogTable& table) const;
  void require_all_needed(const SeedFile& file, const CatalogTable& table) const;
  [[nodiscard]] Step insert_step(const SeedFile& file, const Row& row);
  void insert(const SeedFile& file, const Step& step, Row row, std::uint64_t number);
  void copy(const SeedFile& file, CopyRows& rows, std::uint64_t last);
  void report(const SeedFile& file) {
    if (on_progress_) {
      on_progress_({.table = file.table, .rows = summary_.rows, .rows_expected = std::max(expected_, summary_.rows)});
    }
  }

  Connection& target_;
  std::span<const SeedFile> files_;
  const SeedOptions& options_;
  const std::function<void(const SeedProgress&)>& on_progress_;
  sqlite::SeedGenerator generator_;
  Catalog catalog_;
  SeedSummary summary_;
  std::uint64_t expected_ = 0;
};

/// "WHERE NOT (condition)", or nothing: the rows that count as data.
std::string where_data(const SeedFile& file) {
  return file.spare.empty() ? std::string() : fmt::format(" WHERE ({}) IS NOT TRUE", file.spare);
}

void Seeding::prepare_tables() {
  if (options_.existing == ExistingRows::append || options_.existing == ExistingRows::keep) return;
  if (options_.existing == ExistingRows::refuse) {
    for (const SeedFile& file : files_) refuse_rows(file);
    return;
  }
  for (std::size_t i = files_.size(); i-- > 0;) {
    const auto same_table = [&](const SeedFile& other) { return equal_ignoring_case(other.table, files_[i].table); };
    // Where several files fill a table, it is emptied at the place of the first, which says what to spare.
    if (std::find_if(files_.begin(), files_.end(), same_table) - files_.begin() == static_cast<std::ptrdiff_t>(i)) {
      empty_table(files_[i]);
    }
  }
}

/// A statement that holds the condition of @spare: errors point there.
std::string Seeding::scalar_at(const SeedFile& file, const std::string& sql) {
  try {
    return target_.scalar(sql);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config || file.spare.empty()) throw;
    throw error_at(file.file, file.text, file.spare_offset, error.message()).hinting(error.hint());
  }
}

bool Seeding::has_rows(const SeedFile& file) {
  return !scalar_at(file, fmt::format("SELECT 1 FROM {}{} LIMIT 1", quoted_name(file.table), where_data(file))).empty();
}

void Seeding::refuse_rows(const SeedFile& file) {
  if (!has_rows(file)) return;
  throw Error(ErrorKind::conflict, fmt::format("the table {} has rows already; nothing was changed", file.table))
      .hinting("--append adds to them, --reset deletes them first");
}

void Seeding::empty_table(const SeedFile& file) {
  const std::string table = quoted_name(file.table);
  (void)has_rows(file);  // verifies the condition
  target_.execute(fmt::format("DELETE FROM {}{}", table, where_data(file)));
  if (target_.dialect() != Dialect::sqlite) return continue_numbering(target_, require_table(file), false);
  // AUTOINCREMENT counts on from what was deleted: the same arguments would give other ids.
  const bool counts = !target_.scalar("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").empty();
  if (counts && file.spare.empty()) {
    std::string name = file.table;
    for (std::size_t at = name.find('\''); at != std::string::npos; at = name.find('\'', at + 2)) name.insert(at, "'");
    target_.execute(fmt::format("DELETE FROM sqlite_sequence WHERE name = '{}'", name));
  }
}

void Seeding::run_file(const SeedFile& file) {
  const CatalogTable& table = require_table(file);
  generator_.start(file, file.rows_of(options_.rows));
  require_columns(file, table);
  require_all_needed(file, table);
  if (file.keep) generator_.keep_as(table);
  summary_.files.push_back({.file = file.file, .table = table.name, .rows = 0});
  std::uint64_t& count = summary_.files.back().rows;
  Row row;
  const bool copies = target_.dialect() == Dialect::postgres;
  const Step step = copies ? Step() : insert_step(file, row);
  CopyRows rows;
  for (row = generator_.next(); !row.empty(); row = generator_.next()) {
    ++count;
    copies ? rows.add(row) : insert(file, step, row, count);
    if (rows.full()) copy(file, rows, count);
    ++summary_.rows;
    report(file);
  }
  if (copies) copy(file, rows, count);
  continue_numbering(target_, table, false);
  const std::uint64_t estimated = estimate(file);
  expected_ = expected_ - estimated + count;
}

void Seeding::require_columns(const SeedFile& file, const CatalogTable& table) const {
  std::vector<std::string_view> names;
  for (const CatalogColumn& column : table.columns) names.emplace_back(column.name);
  for (const std::string& name : generator_.columns()) {
    const CatalogColumn* const column = table.column(name);
    const auto count = std::ranges::count_if(
        generator_.columns(), [&](const std::string& other) { return equal_ignoring_case(other, name); });
    if (column != nullptr && !column->generated && count == 1) continue;
    const std::size_t at = std::min(file.text.rfind(name), file.text.size());
    if (count > 1) throw error_at(file.file, file.text, at, fmt::format("the column `{}` is selected twice", name));
    if (column != nullptr)
      throw error_at(file.file, file.text, at, fmt::format("the column `{}` is computed by the database", name));
    throw error_at(file.file, file.text, at, fmt::format("the table {} has no column `{}`", table.name, name))
        .hinting(did_you_mean(name, names));
  }
}

void Seeding::require_all_needed(const SeedFile& file, const CatalogTable& table) const {
  for (const CatalogColumn& column : table.columns) {
    const bool numbered = column.primary_key_position > 0 && equal_ignoring_case(column.declared_type, "INTEGER");
    if (!column.not_null || column.has_default || column.generated || numbered) continue;
    const bool selected = std::ranges::any_of(
        generator_.columns(), [&](const std::string& name) { return equal_ignoring_case(name, column.name); });
    if (selected) continue;
    throw error_at(file.file, file.text, file.table_offset,
                   fmt::format("the column `{}` of {} needs a value, but is not selected", column.name, table.name));
  }
}

Step Seeding::insert_step(const SeedFile& file, const Row& row) {
  Step step;
  step.statement = prepare_to_repeat(target_, insert_statement(target_.dialect(), file.table, generator_.columns()));
  step.bind = [&row](Binder& binder) { binder.row(row); };
  return step;
}

void Seeding::insert(const SeedFile& file, const Step& step, Row row, std::uint64_t number) {
  try {
    target_.run(step);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("row {} cannot go into {}: {}", number, file.table, error.message()))
        .at({.file = file.file})
        .hinting("the row is: " + row_in_words(generator_.columns(), row))
        .detailing(error.log_detail());
  }
}

/// Sends `rows`, the last of which is number `last` of its result.
void Seeding::copy(const SeedFile& file, CopyRows& rows, std::uint64_t last) {
  try {
    static_cast<void>(target_.copy(copy_statement(file.table, generator_.columns()), rows.lines(0, rows.size())));
  } catch (const Error& error) {
    const std::size_t row = error.place() ? error.place()->line : 0;
    if (row == 0 || row > rows.size()) {
      throw Error(error.kind(), fmt::format("a row cannot go into {}: {}", file.table, error.message()))
          .at({.file = file.file})
          .detailing(error.log_detail());
    }
    const std::string_view line = rows.lines(row - 1, row);
    throw Error(error.kind(),
                fmt::format("row {} cannot go into {}: {}", last - rows.size() + row, file.table, error.message()))
        .at({.file = file.file})
        .hinting(fmt::format("the row is: {}", line.substr(0, line.size() - 1)))
        .detailing(error.log_detail());
  }
  rows.clear();
}

}  // namespace

SeedSummary seed(Connection& target, std::span<const SeedFile> files, const SeedOptions& options,
                 const std::function<void(const SeedProgress&)>& on_progress) {
  if (!parse_month(options.until)) {
    throw Error(ErrorKind::usage, fmt::format("`{}` is not a month", options.until)).hinting("months are like 2025-01");
  }
  if (options.rows < 1) throw Error(ErrorKind::usage, "the number of rows must be at least 1");
  return Seeding(target, files, options, on_progress).run();
}

}  // namespace freshet::db
