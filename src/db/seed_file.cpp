#include "db/seed_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace freshet::db {

namespace {

constexpr std::array<std::string_view, 4> directives = {"into", "rows", "keep", "spare"};

/// One `-- @name argument`, as parts of the file's text.
struct Directive {
  std::string_view name, argument;
};

/// The argument without what follows a further `--`.
std::string_view argument_of(std::string_view text) { return trim(text.substr(0, text.find(" --"))); }

class Reader {
 public:
  Reader(std::string file, std::string text) {
    result_.file = std::move(file);
    result_.text = std::move(text);
  }

  SeedFile read() {
    const std::string_view text = result_.text;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = trim(text.substr(at, end - at));
      if (!line.empty() && !line.starts_with("--")) break;
      if (line.starts_with("--")) read_comment(trim(line.substr(2)));
      at = end + 1;
    }
    if (result_.table.empty()) {
      fail(text.substr(0, 0), "the file does not say which table it fills", "begin it with: -- @into TABLE");
    }
    return std::move(result_);
  }

 private:
  void read_comment(std::string_view comment) {
    if (!comment.starts_with('@')) return;
    const std::size_t end = std::min(comment.find_first_of(" \t"), comment.size());
    const Directive directive{.name = comment.substr(1, end - 1), .argument = argument_of(comment.substr(end))};
    if (directive.name == "into") return read_into(directive);
    if (directive.name == "rows") return read_rows(directive);
    if (directive.name == "spare") return read_spare(directive);
    if (directive.name != "keep") {
      fail(directive.name, fmt::format("there is no directive @{} in seed files", directive.name),
           did_you_mean(directive.name, directives));
    }
    if (!directive.argument.empty()) fail(directive.argument, "@keep takes nothing", "");
    result_.keep = true;
  }

  void read_into(const Directive& directive) {
    if (directive.argument.empty()) fail(directive.name, "@into needs the name of a table", "");
    if (!result_.table.empty()) fail(directive.name, "a seed file fills one table", "make a second file");
    result_.table = std::string(directive.argument);
    result_.table_offset = offset_of(directive.argument);
  }

  void read_rows(const Directive& directive) {
    std::string_view number = directive.argument;
    const bool percent = number.ends_with('%');
    if (percent) number = trim(number.substr(0, number.size() - 1));
    double value = 0;
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), value);
    const bool whole = percent || std::floor(value) == value;
    if (failed != std::errc() || end != number.data() + number.size() || !(value > 0) || value > 1e12 || !whole) {
      fail(directive.argument.empty() ? directive.name : directive.argument, "@rows takes a number or a percentage",
           "for example `@rows 500` or `@rows 40%`");
    }
    if (percent) {
      result_.rows_percent = value;
    } else {
      result_.rows = static_cast<std::int64_t>(value);
    }
  }

  void read_spare(const Directive& directive) {
    if (directive.argument.empty()) fail(directive.name, "@spare needs a condition", "for example `@spare id = 1`");
    result_.spare = std::string(directive.argument);
    result_.spare_offset = offset_of(directive.argument);
  }

  [[nodiscard]] std::size_t offset_of(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - result_.text.data());
  }

  [[noreturn]] void fail(std::string_view part, std::string message, std::string hint) const {
    throw error_at(result_.file, result_.text, offset_of(part), std::move(message)).hinting(std::move(hint));
  }

  SeedFile result_;
};

}  // namespace

std::int64_t SeedFile::rows_of(std::int64_t total) const noexcept {
  const double share = std::floor(static_cast<double>(total) * rows_percent / 100);
  return std::max<std::int64_t>(1, rows ? *rows : static_cast<std::int64_t>(share));
}

SeedFile parse_seed_file(std::string file, std::string text) { return Reader(std::move(file), std::move(text)).read(); }

std::vector<SeedFile> read_seed_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".sql") paths.push_back(entry.path());
  }
  if (paths.empty()) {
    throw Error(ErrorKind::config, fmt::format("there are no seed files: {} holds no .sql file", folder.string()))
        .hinting("make one, such as seed/010_members.sql, that begins with: -- @into TABLE");
  }
  std::ranges::sort(paths);
  std::vector<SeedFile> files;
  for (const auto& path : paths) {
    const std::string name = (folder.filename() / path.filename()).string();
    files.push_back(parse_seed_file(name, read_file(path).value()));
  }
  return files;
}

}  // namespace freshet::db
