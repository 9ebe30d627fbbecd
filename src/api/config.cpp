#include "api/config.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "api/rollups.hpp"
#include "core/file.hpp"
#include "db/location.hpp"

namespace freshet::api {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Table = ConfigFile::Table;

constexpr std::int64_t gib = std::int64_t{1} << 30;
constexpr milliseconds least{1};  // of what would leave no time at all

// What the file says of a database is relative to the app folder, wherever the command runs.
std::string resolve_url(const db::Location& location, const std::filesystem::path& folder) {
  if (location.dialect == db::Dialect::postgres) return location.url;
  return "sqlite:" + (folder / location.path).lexically_normal().string();
}

// What a URL names; what is wrong with it is an Error.
Expected<db::Location> read_url(const std::string& url, const Environment& environment) {
  try {
    db::Location location = db::parse_location(url, environment);
    if (location.path != ":memory:") return location;
  } catch (const Error& problem) {
    return problem;
  }
  return Error(ErrorKind::config, "an app's database is a file: in memory, each session would have one of its own")
      .hinting("write database.url as sqlite:path/to/file.db");
}

void read_pool(Table table, db::DatabaseOptions& out) {
  out.pool_size = static_cast<int>(table.integer("size", out.pool_size, 0, 1000));
  out.pool_overflow = static_cast<int>(table.integer("overflow", out.pool_overflow, 0, 1000));
  out.pool_queue_max = static_cast<int>(table.integer("queue", out.pool_queue_max, 0, 1'000'000));
  out.pool_timeout = table.duration("timeout", out.pool_timeout);
  out.pool_recycle = duration_cast<seconds>(table.duration("recycle", out.pool_recycle, least));
  out.pool_idle = duration_cast<seconds>(table.duration("idle", out.pool_idle));
  table.finish();
}

// A variable in `url` that is not set is no mistake where the command line names the database.
void read_database(Table table, bool url_overridden, const Environment& environment,
                   const std::filesystem::path& folder, db::DatabaseOptions& out) {
  if (url_overridden) {
    table.skip("url");
  } else {
    const Expected<db::Location> location = read_url(table.string("url", out.url), environment);
    if (location.has_error()) {
      table.problem("url", location.error().message(), location.error().hint());
    } else {
      out.url = resolve_url(*location, folder);
    }
  }
  out.read_only = table.boolean("read_only", out.read_only);
  out.migrate_on_start = table.boolean("migrate_on_start", out.migrate_on_start);
  out.statement_timeout = table.duration("statement_timeout", out.statement_timeout, least);
  out.busy_timeout = table.duration("busy_timeout", out.busy_timeout);
  out.mmap_bytes = table.bytes("mmap", out.mmap_bytes, 0, 1024 * gib);
  out.cache_kib = table.bytes("cache", out.cache_kib * 1024, 0, 1024 * gib) / 1024;
  out.connect_timeout = table.duration("connect_timeout", out.connect_timeout, std::chrono::seconds(1));
  out.prepared = table.boolean("prepared", out.prepared);
  out.statement_cache = static_cast<int>(table.integer("statement_cache", out.statement_cache, 1, 100'000));
  read_pool(table.table("pool"), out);
  table.finish();
}

void read_tls(Table table, const std::filesystem::path& folder, http::ServerOptions& out) {
  const auto resolve = [&](std::string file) {
    if (file.empty() || file.starts_with('/')) return file;
    return (folder / file).lexically_normal().string();
  };
  out.tls_certificate_file = resolve(table.string("certificate", ""));
  out.tls_key_file = resolve(table.string("key", ""));
  if (out.tls_certificate_file.empty() != out.tls_key_file.empty()) {
    table.problem(out.tls_key_file.empty() ? "certificate" : "key", "TLS needs both `certificate` and `key`");
  }
  table.finish();
}

void read_cors(Table table, http::ServerOptions& out) {
  out.cors_origins = table.strings("origins");
  out.cors_credentials = table.boolean("credentials", out.cors_credentials);
  out.cors_expose_headers = table.strings("expose");
  out.cors_max_age = duration_cast<seconds>(table.duration("max_age", out.cors_max_age));
  const bool any_origin = std::find(out.cors_origins.begin(), out.cors_origins.end(), "*") != out.cors_origins.end();
  if (out.cors_credentials && any_origin) {
    table.problem("credentials", "`credentials` with the origin \"*\" would let every site act for its visitors",
                  "list the origins that may");
  }
  table.finish();
}

void read_algorithms(Table& table, std::vector<Coding>& out) {
  std::vector<std::string> words;
  words.reserve(out.size());
  for (const Coding coding : out) words.emplace_back(to_string(coding));
  words = table.strings("algorithms", std::move(words));
  if (words.empty()) {
    table.problem("algorithms", "`server.compression.algorithms` names none", "to compress nothing: enabled = false");
  }
  out.clear();
  for (const std::string& word : words) {
    const std::optional<Coding> coding = coding_from(word);
    if (!coding || *coding == Coding::identity) {
      table.problem("algorithms", fmt::format("`{}` is none of br, zstd, gzip", word));
    } else if (std::find(out.begin(), out.end(), *coding) != out.end()) {
      table.problem("algorithms", fmt::format("`server.compression.algorithms` names `{}` twice", word));
    } else {
      out.push_back(*coding);
    }
  }
}

void read_compression(Table table, http::CompressionOptions& out) {
  out.enabled = table.boolean("enabled", out.enabled);
  out.level = static_cast<int>(table.integer("level", out.level, 1, 9));
  out.min_bytes = static_cast<std::size_t>(table.bytes("min_bytes", static_cast<std::int64_t>(out.min_bytes), 0, gib));
  read_algorithms(table, out.algorithms);
  table.finish();
}

void read_server(Table table, const std::filesystem::path& folder, http::ServerOptions& out) {
  const auto size = [&](std::string_view key, std::size_t fallback) {
    return static_cast<std::size_t>(table.bytes(key, static_cast<std::int64_t>(fallback), 256, gib));
  };
  out.host = table.string("host", out.host);
  out.port = static_cast<std::uint16_t>(table.integer("port", out.port, 0, 65'535));
  out.threads = static_cast<unsigned>(table.integer("threads", out.threads, 0, 256));
  out.header_bytes_max = size("header_max", out.header_bytes_max);
  out.body_bytes_max = size("body_max", out.body_bytes_max);
  out.target_bytes_max = size("target_max", out.target_bytes_max);
  out.headers_max = static_cast<std::size_t>(table.integer("headers_max", 100, 10, 10'000));
  out.connections_max = static_cast<unsigned>(table.integer("connections_max", out.connections_max, 1, 1'000'000));
  out.header_timeout = table.duration("header_timeout", out.header_timeout, least);
  out.body_timeout = table.duration("body_timeout", out.body_timeout, least);
  out.request_timeout = table.duration("request_timeout", out.request_timeout, least);
  out.write_timeout = table.duration("write_timeout", out.write_timeout, least);
  out.idle_timeout = table.duration("idle_timeout", out.idle_timeout, least);
  out.drain_timeout = table.duration("drain_timeout", out.drain_timeout);
  out.server_name = table.string("server_name", out.server_name);
  out.etag_body_max =
      static_cast<std::size_t>(table.bytes("etag_max", static_cast<std::int64_t>(out.etag_body_max), 0, gib));
  out.server_timing = table.boolean("server_timing", out.server_timing);
  read_tls(table.table("tls"), folder, out);
  read_cors(table.table("cors"), out);
  read_compression(table.table("compression"), out.compression);
  table.finish();
}

void read_cache(Table table, CacheOptions& out) {
  const auto size = [](Table& of, std::string_view key, std::size_t fallback) {
    return static_cast<std::size_t>(of.bytes(key, static_cast<std::int64_t>(fallback), 64 * 1024, 1024 * gib));
  };
  out.enabled = table.boolean("enabled", out.enabled);
  out.bytes_max = size(table, "max", out.bytes_max);
  out.policy = static_cast<CacheOptions::Policy>(
      table.choice("policy", static_cast<std::size_t>(out.policy), {"w-tinylfu", "s3-fifo"}));
  out.bypass = table.boolean("bypass", out.bypass);
  Table routes = table.table("routes");
  for (const std::string& route : routes.keys()) out.route_bytes_max.emplace(route, size(routes, route, out.bytes_max));
  routes.finish();
  Table warm = table.table("warm");
  out.warm = warm.boolean("enabled", out.warm);
  out.predict = warm.boolean("predict", out.predict);
  out.database_share =
      0.01 * static_cast<double>(warm.integer("percent", std::lround(100 * out.database_share), 1, 100));
  out.hottest = static_cast<std::size_t>(warm.integer("hottest", static_cast<std::int64_t>(out.hottest), 0, 100'000));
  for (Table& start : warm.tables("start")) {
    CacheOptions::Start& entry = out.start.emplace_back();
    entry.route = start.string("route", "");
    entry.parameters = start.string("parameters", "");
    if (entry.route.empty()) start.problem("route", "`route` is missing: which endpoint is to be asked");
    start.finish();
  }
  warm.finish();
  table.finish();
}

void read_admin(Table table, AdminOptions& out) {
  out.enabled = table.boolean("enabled", out.enabled);
  if (table.has("port")) out.port = static_cast<std::uint16_t>(table.integer("port", 0, 0, 65'535));
  table.finish();
}

void read_log(Table table, LogOptions& out) {
  out.level = static_cast<LogLevel>(
      table.choice("level", static_cast<std::size_t>(out.level), {"debug", "info", "warning", "error", "off"}));
  out.format =
      static_cast<LogFormat>(table.choice("format", static_cast<std::size_t>(out.format), {"auto", "pretty", "json"}));
  out.access = static_cast<http::AccessLogOptions::Which>(
      table.choice("access", static_cast<std::size_t>(out.access), {"all", "errors", "off"}));
  table.finish();
}

void read_api(Table table, ApiOptions& out) {
  out.docs = table.boolean("docs", out.docs);
  out.reject_unknown_parameters =
      table.choice("unknown_parameters", out.reject_unknown_parameters ? 0 : 1, {"reject", "ignore"}) == 0;
  out.reload = table.boolean("reload", out.reload);
  if (table.has("development")) out.development = table.boolean("development", false);
  table.finish();
}

// A whole number from the environment; what is not one is a mistake like any other.
std::optional<std::int64_t> environment_number(const Environment& environment, const std::string& name,
                                               std::int64_t min, std::int64_t max, Diagnostics& problems) {
  const auto text = environment.get(name);
  if (!text || text->empty()) return std::nullopt;
  const auto parsed = parse_bytes(*text);
  if (parsed && *parsed >= min && *parsed <= max) return parsed;
  problems.push_back(
      Error(ErrorKind::config,
            fmt::format("the environment variable {} must be a whole number from {} to {}", name, min, max)));
  return std::nullopt;
}

void apply_environment(const Environment& environment, AppConfig& config, Diagnostics& problems) {
  const auto number = [&](const char* name, std::int64_t min, std::int64_t max, auto&& assign) {
    if (const auto value = environment_number(environment, name, min, max, problems)) assign(*value);
  };
  db::DatabaseOptions& database = config.database;
  number("DB_POOL_SIZE", 0, 1000, [&](std::int64_t n) { database.pool_size = static_cast<int>(n); });
  number("DB_MAX_OVERFLOW", 0, 1000, [&](std::int64_t n) { database.pool_overflow = static_cast<int>(n); });
  number("DB_POOL_TIMEOUT", 0, 86'400, [&](std::int64_t n) { database.pool_timeout = seconds(n); });
  number("DB_POOL_RECYCLE", 1, 31'536'000, [&](std::int64_t n) { database.pool_recycle = seconds(n); });
  number("DB_QUERY_TIMEOUT", 1, 86'400, [&](std::int64_t n) { database.statement_timeout = seconds(n); });
  number("FRESHET_PORT", 0, 65'535, [&](std::int64_t n) { config.server.port = static_cast<std::uint16_t>(n); });
  if (auto host = environment.get("FRESHET_HOST"); host && !host->empty()) config.server.host = *std::move(host);
}

Error no_app(const std::filesystem::path& folder, const std::filesystem::path& file, const Error& why) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) {
    return Error(ErrorKind::config, fmt::format("there is no folder {}", folder.string()))
        .hinting(fmt::format("`freshet new {}` makes a starter app there", folder.string()));
  }
  if (std::filesystem::exists(file, ignored)) return why;
  const bool is_folder = std::filesystem::is_directory(folder, ignored);
  return Error(ErrorKind::config,
               fmt::format("{} is no app: it {}", folder.string(), is_folder ? "has no freshet.toml" : "is no folder"))
      .hinting("`freshet new DIR` makes a starter app");
}

}  // namespace

AppConfig read_app_config(const std::filesystem::path& folder, const ConfigOverrides& overrides,
                          const Environment& environment, Diagnostics& problems) {
  AppConfig config;
  config.folder = folder;
  const std::filesystem::path path = folder / "freshet.toml";
  Expected<std::string> text = read_file(path);
  if (!text.has_value()) {
    problems.push_back(no_app(folder, path, text.error()));
    return config;
  }
  ConfigFile file(path.string(), *std::move(text), environment, problems);
  Table root = file.root();
  config.name = root.string("name", std::filesystem::weakly_canonical(folder).filename().string());
  config.title = root.string("title", config.name);
  config.description = root.string("description", "");
  config.version = root.string("version", "1.0.0");
  config.database.url = fmt::format("sqlite:data/{}.db", config.name);
  read_database(root.table("database"), overrides.database_url.has_value(), environment, folder, config.database);
  read_server(root.table("server"), folder, config.server);
  read_cache(root.table("cache"), config.cache);
  config.rollups = read_rollup_tables(root.tables("rollup"));
  read_admin(root.table("admin"), config.admin);
  read_log(root.table("log"), config.log);
  read_api(root.table("api"), config.api);
  Table seed = root.table("seed");
  config.seed_rows = static_cast<std::size_t>(seed.integer("rows", 10'000, 0, 1'000'000'000));
  seed.finish();
  root.finish();
  apply_environment(environment, config, problems);
  if (overrides.database_url) {  // relative to where it was typed
    const Expected<db::Location> location = read_url(*overrides.database_url, environment);
    if (location.has_error()) problems.push_back(location.error());
    config.database.url = location.has_error() ? *overrides.database_url : resolve_url(*location, {});
  }
  if (overrides.host) config.server.host = *overrides.host;
  if (overrides.port) config.server.port = *overrides.port;
  return config;
}

}  // namespace freshet::api
