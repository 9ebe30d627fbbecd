#include "db/location.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"

namespace freshet::db {
namespace {

constexpr std::string_view scheme = "sqlite:";
constexpr std::array<std::string_view, 2> postgres_schemes{"postgresql://", "postgres://"};
constexpr std::string_view forms =
    "write database.url as sqlite:path/to/file.db or postgresql://user@host/database, or name an environment variable "
    "that holds it: $DATABASE_URL";

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

bool is_postgres(std::string_view url) {
  return std::ranges::any_of(postgres_schemes, [&](std::string_view one) { return url.starts_with(one); });
}

/// The value of the variable that `url` ("$NAME") names.
std::string value_of_variable(std::string_view url, const Environment& environment) {
  const std::string name(url.substr(1));
  std::optional<std::string> value = environment.get(name);
  if (!value || value->empty()) {
    throw Error(ErrorKind::config,
                fmt::format("database.url is ${}, and the environment variable {} is not set", name, name))
        .hinting(std::string(forms));
  }
  if (is_variable(*value)) {
    throw Error(ErrorKind::config, fmt::format("the environment variable {} names another variable", name))
        .hinting(std::string(forms));
  }
  return *std::move(value);
}

}  // namespace

bool is_variable(std::string_view url) noexcept {
  return url.size() > 1 && url.front() == '$' &&
         std::ranges::all_of(url.substr(1), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

std::string Location::shown() const {
  if (dialect == Dialect::sqlite) return fmt::format("{}{}", scheme, path);
  const std::string_view rest = std::string_view(url).substr(url.find("://") + 3);
  const std::string_view head = rest.substr(0, rest.find_first_of("?#"));  // parameters may hold a password, too
  const std::size_t at = head.find('@');
  if (at == std::string_view::npos && rest.find('@') == std::string_view::npos)
    return fmt::format("postgresql://{}", head);
  // Where an @, ? or / of a password is not written as %XX, nobody can tell where it ends.
  const bool clear = at != std::string_view::npos && rest.rfind('@') == at && head.find('/') > at;
  if (!clear) return "postgresql://…";
  return fmt::format("postgresql://{}@{}", head.substr(0, std::min(head.find(':'), at)), head.substr(at + 1));
}

Location parse_location(std::string_view url, const Environment& environment) {
  if (is_variable(url)) return parse_location(value_of_variable(url, environment), environment);
  if (is_postgres(url)) return {.dialect = Dialect::postgres, .path = {}, .url = std::string(url)};
  if (url.starts_with(scheme)) {
    return {.dialect = Dialect::sqlite, .path = sqlite_path(url.substr(scheme.size())), .url = {}};
  }
  if (url == ":memory:") return {.dialect = Dialect::sqlite, .path = std::string(url), .url = {}};
  constexpr std::array<std::string_view, 3> endings{".db", ".sqlite", ".sqlite3"};
  const bool plain_path = url.find("://") == std::string_view::npos &&
                          std::ranges::any_of(endings, [&](std::string_view ending) { return url.ends_with(ending); });
  if (plain_path) return {.dialect = Dialect::sqlite, .path = std::string(url), .url = {}};
  // A URL may hold a password: only its scheme is repeated.
  const std::size_t colon = url.find(':');
  throw Error(ErrorKind::config,
              url.empty() ? std::string("database.url is empty")
                          : fmt::format("database.url names no database that Freshet knows ({})",
                                        colon == std::string_view::npos ? (url.front() == '$' ? "$…" : url)
                                                                        : fmt::format("{}:…", url.substr(0, colon))))
      .hinting(std::string(forms));
}

}  // namespace freshet::db
