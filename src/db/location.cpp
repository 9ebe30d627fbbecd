#include "db/location.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/error.hpp"

namespace freshet::db {
namespace {

constexpr std::string_view scheme = "sqlite:";
constexpr std::string_view forms = "write database.url as sqlite:path/to/file.db";

std::string sqlite_path(std::string_view rest) {
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (!rest.starts_with('/')) {
      throw Error(ErrorKind::config, "sqlite:// is followed by a host, but SQLite is a file on this machine")
          .hinting("write sqlite:relative/path.db or sqlite:///absolute/path.db");
    }
  }
  if (rest.empty()) throw Error(ErrorKind::config, "database.url names no file").hinting(std::string(forms));
  return std::string(rest);
}

}  // namespace

Location parse_location(std::string_view url) {
  if (url.starts_with(scheme)) return {.dialect = Dialect::sqlite, .path = sqlite_path(url.substr(scheme.size()))};
  if (url == ":memory:") return {.dialect = Dialect::sqlite, .path = std::string(url)};
  constexpr std::array<std::string_view, 3> endings{".db", ".sqlite", ".sqlite3"};
  const bool plain_path = url.find("://") == std::string_view::npos &&
                          std::ranges::any_of(endings, [&](std::string_view ending) { return url.ends_with(ending); });
  if (plain_path) return {.dialect = Dialect::sqlite, .path = std::string(url)};
  // A URL may hold a password: only its scheme is repeated.
  const std::size_t colon = url.find(':');
  throw Error(ErrorKind::config,
              url.empty()
                  ? std::string("database.url is empty")
                  : fmt::format("database.url names no database that Freshet knows ({})",
                                colon == std::string_view::npos ? url : fmt::format("{}:…", url.substr(0, colon))))
      .hinting(std::string(forms));
}

}  // namespace freshet::db
