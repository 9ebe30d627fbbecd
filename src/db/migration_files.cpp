// Reading the migrations folder: names, order, ways back, checksums.

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/file.hpp"
#include "core/text.hpp"
#include "db/migrations.hpp"

namespace freshet::db {
namespace {

constexpr std::string_view postgres_ending = ".postgres", sqlite_ending = ".sqlite";

struct FileName {
  std::string version, name;
  std::optional<Dialect> only;  // for that database
};

bool is_name_character(unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; }

/// 0001_schema.sql, 0001_schema.postgres.sql or 0001_schema.sqlite.sql.
std::optional<FileName> parse_name(const std::filesystem::path& file) {
  std::string stem = file.stem().string();
  FileName name;
  for (const auto& [ending, dialect] :
       {std::pair(postgres_ending, Dialect::postgres), std::pair(sqlite_ending, Dialect::sqlite)}) {
    if (!stem.ends_with(ending)) continue;
    name.only = dialect;
    stem.resize(stem.size() - ending.size());
    break;
  }
  const auto digits_end = std::ranges::find_if(stem, [](unsigned char c) { return std::isdigit(c) == 0; });
  name.version.assign(stem.begin(), digits_end);
  const bool fits = !name.version.empty() && name.version.size() <= 18 && digits_end != stem.end() &&
                    *digits_end == '_' && std::next(digits_end) != stem.end() &&
                    std::all_of(digits_end, stem.end(), is_name_character);
  if (!fits) return std::nullopt;
  name.name = std::move(stem);
  return name;
}

std::uint64_t number_of(std::string_view version) {
  std::uint64_t number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

std::string checksum_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

bool is_down_line(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("--")) return false;
  return trim(line.substr(2)) == "@down";
}

/// Where the line `-- @down` starts, or the end of the text.
std::size_t find_down(std::string_view text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (is_down_line(text.substr(start, end - start))) return start;
    start = end + 1;
  }
  return text.size();
}

Migration read_one(const std::filesystem::path& file, FileName name) {
  Migration migration;
  migration.version = std::move(name.version);
  migration.name = std::move(name.name);
  migration.file = file;
  migration.text = read_file(file).value();
  migration.checksum = checksum_of(migration.text);
  migration.down_offset = find_down(migration.text);
  migration.up = migration.text.substr(0, migration.down_offset);
  migration.down = migration.text.substr(migration.down_offset);
  return migration;
}

std::vector<std::filesystem::path> sql_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::filesystem::path& file = entry->path();
    const bool hidden = file.filename().string().starts_with('.');
    if (!hidden && file.extension() == ".sql") files.push_back(file);
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    throw Error(ErrorKind::config, fmt::format("cannot read the folder {}: {}", folder.string(), failed.message()));
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::vector<Migration> read_migrations(const std::filesystem::path& folder, Dialect dialect) {
  std::map<std::uint64_t, std::pair<FileName, std::filesystem::path>> chosen;  // by number
  for (const std::filesystem::path& file : sql_files(folder)) {
    std::optional<FileName> name = parse_name(file);
    if (!name) {
      throw Error(ErrorKind::config, fmt::format("{} is no name for a migration", file.filename().string()))
          .at({.file = file.string(), .line = 0, .column = 0})
          .hinting("name it NNNN_what_it_does.sql, for example 0002_add_labels.sql");
    }
    if (name->only && name->only != dialect) continue;
    const auto [known, fresh] = chosen.try_emplace(number_of(name->version), *name, file);
    if (fresh) continue;
    const bool stands_in = known->second.first.name == name->name && known->second.first.only != name->only;
    if (!stands_in) {
      throw Error(ErrorKind::config, fmt::format("two migrations have the number {}: {} and {}", name->version,
                                                 known->second.second.filename().string(), file.filename().string()))
          .at({.file = file.string(), .line = 0, .column = 0})
          .hinting("give the newer one the next free number");
    }
    if (name->only) known->second = {*name, file};
  }
  std::vector<Migration> migrations;
  migrations.reserve(chosen.size());
  for (auto& [number, entry] : chosen) migrations.push_back(read_one(entry.second, std::move(entry.first)));
  return migrations;
}

}  // namespace freshet::db
