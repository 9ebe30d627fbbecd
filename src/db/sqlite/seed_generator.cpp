#include "db/sqlite/seed_generator.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "db/insert_statement.hpp"
#include "db/sqlite/describe.hpp"
#include "db/sqlite/open.hpp"
#include "db/sqlite/seed_functions.hpp"
#include "db/sqlite/statement_cache.hpp"

namespace freshet::db::sqlite {

namespace {

constexpr std::array<std::string_view, 3> parameters = {":rows", ":seed", ":until"};

OpenOptions in_memory() {
  OpenOptions options;
  options.path = ":memory:";
  return options;
}

/// Verifies the text; the error has the file's name and place.
Statement verify(sqlite3* handle, const SeedFile& file) {
  std::size_t offset = std::string_view::npos;
  try {
    return describe(handle, file.text, &offset);
  } catch (const Error& error) {
    const std::size_t at = offset == std::string_view::npos ? blank_prefix(file.text) : offset;
    throw error_at(file.file, file.text, at, error.message()).hinting(error.hint());
  }
}

Cell cell_of(sqlite3_stmt* statement, int index) {
  Cell cell;
  sqlite3_value* const value = sqlite3_column_value(statement, index);
  const auto view = [&](const void* bytes) {
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return size == 0 ? std::string_view("") : std::string_view(static_cast<const char*>(bytes), size);
  };
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      cell.type = Cell::Type::integer;
      cell.integer = sqlite3_value_int64(value);
      break;
    case SQLITE_FLOAT:
      cell.type = Cell::Type::real;
      cell.real = sqlite3_value_double(value);
      break;
    case SQLITE_TEXT:
      cell.type = Cell::Type::text;
      cell.text = view(sqlite3_value_text(value));
      break;
    case SQLITE_BLOB:
      cell.type = Cell::Type::blob;
      cell.text = view(sqlite3_value_blob(value));
      break;
    default:
      break;
  }
  return cell;
}

}  // namespace

SeedGenerator::SeedGenerator(std::int64_t seed, std::string until)
    : seed_(seed), until_(std::move(until)), handle_(open(in_memory())) {
  register_seed_functions(handle_.get(), seed_);
  // One transaction without a journal: kept tables need neither.
  sqlite3_exec(handle_.get(), "PRAGMA journal_mode = OFF; BEGIN", nullptr, nullptr, nullptr);
}

void SeedGenerator::start(const SeedFile& file, std::int64_t rows) {
  select_.reset();
  remember_.reset();
  file_ = &file;
  const Statement described = verify(handle_.get(), file);
  if (described.columns.empty() || !described.read_only) {
    throw error_at(file.file, file.text, blank_prefix(file.text), "a seed file is one SELECT")
        .hinting("its columns are the columns of the table that @into names");
  }
  columns_.clear();
  for (const Column& column : described.columns) columns_.push_back(column.name);
  cells_.assign(columns_.size(), Cell{});
  select_ = prepare(handle_.get(), file.text, true);
  bind_parameters(rows);
}

void SeedGenerator::bind_parameters(std::int64_t rows) {
  for (int position = 1; position <= sqlite3_bind_parameter_count(select_.get()); ++position) {
    const char* const raw = sqlite3_bind_parameter_name(select_.get(), position);
    const std::string_view name = raw == nullptr ? "?" : raw;
    if (name == ":rows") {
      sqlite3_bind_int64(select_.get(), position, rows);
    } else if (name == ":seed") {
      sqlite3_bind_int64(select_.get(), position, seed_);
    } else if (name == ":until") {
      sqlite3_bind_text64(select_.get(), position, until_.data(), until_.size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
      const std::size_t at = file_->text.find(name, blank_prefix(file_->text));
      throw error_at(file_->file, file_->text, std::min(at, file_->text.size()),
                     fmt::format("there is no parameter `{}` here", name))
          .hinting(fmt::format("{} {}", did_you_mean(name, parameters), "a seed file may use :rows, :seed and :until"));
    }
  }
}

void SeedGenerator::keep_as(const CatalogTable& table) {
  std::string definitions;
  std::vector<std::string> key(table.columns.size() + 1);
  bool all_keys = true;
  for (const CatalogColumn& column : table.columns) {
    if (column.generated) continue;
    const bool selected =
        std::ranges::any_of(columns_, [&](const std::string& name) { return equal_ignoring_case(name, column.name); });
    definitions +=
        fmt::format("{}{} {}", definitions.empty() ? "" : ", ", quoted_name(column.name), column.declared_type);
    if (column.primary_key_position > 0) {
      key[static_cast<std::size_t>(column.primary_key_position)] = column.name;
      all_keys = all_keys && selected;
    }
  }
  std::erase(key, "");
  if (!key.empty() && all_keys) definitions += fmt::format(", PRIMARY KEY ({})", quoted_names(key));
  const std::string create = fmt::format("CREATE TABLE {} ({})", quoted_name(table.name), definitions);
  if (sqlite3_exec(handle_.get(), create.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw error_at(file_->file, file_->text, file_->table_offset,
                   fmt::format("cannot keep {}: {}", table.name, sqlite3_errmsg(handle_.get())));
  }
  remember_ = prepare(handle_.get(), insert_statement(Dialect::sqlite, table.name, columns_), true);
}

Row SeedGenerator::next() {
  const int code = sqlite3_step(select_.get());
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) fail();
  for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] = cell_of(select_.get(), static_cast<int>(i));
  if (remember_) remember_row();
  return cells_;
}

void SeedGenerator::remember_row() {
  for (int i = 0; i < static_cast<int>(cells_.size()); ++i) {
    sqlite3_bind_value(remember_.get(), i + 1, sqlite3_column_value(select_.get(), i));
  }
  const int code = sqlite3_step(remember_.get());
  sqlite3_reset(remember_.get());
  if (code != SQLITE_DONE) fail();
}

void SeedGenerator::fail() const {
  throw error_at(file_->file, file_->text, blank_prefix(file_->text), sqlite3_errmsg(handle_.get()));
}

}  // namespace freshet::db::sqlite
