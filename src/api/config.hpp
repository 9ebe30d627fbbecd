#pragma once
// freshet.toml: what an app says of itself, its database, its server and its log.
// docs/reference/configuration.md is the user's page of this header.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "db/database.hpp"
#include "http/access_log.hpp"
#include "http/server.hpp"
#include "sql/rollup.hpp"

namespace freshet::api {

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
  http::AccessLogOptions::Which access = http::AccessLogOptions::Which::all;
};

/// How strict and how talkative the interface is.
struct ApiOptions {
  bool docs = true;                       // /docs and /openapi.json
  bool reject_unknown_parameters = true;  // a query parameter that the endpoint does not declare is an error
  bool reload = true;                     // watch the folder
  std::optional<bool> development;        // 404s name near routes; unset: when serving from a terminal
};

/// Whether and how much of the answers is kept.
struct CacheOptions {
  bool enabled = true;
  std::size_t bytes_max = std::size_t{64} << 20U;
  enum class Policy : std::uint8_t { w_tiny_lfu, s3_fifo };
  Policy policy = Policy::w_tiny_lfu;                               // who goes when there is no room
  std::map<std::string, std::size_t, std::less<>> route_bytes_max;  // "/dashboard/summary": no more than that
  bool bypass = false;  // a caller's `Cache-Control: no-cache` goes to the database

  // [cache.warm]: what is filled ahead of the first reader.
  bool warm = true;
  bool predict = true;          // what callers ask for next, as far as that comes true
  double database_share = 0.1;  // of one session's time
  std::size_t hottest = 100;    // how many are made again after they died
  /// [[cache.warm.start]]: asked for when serving begins.
  struct Start {
    std::string route;
    std::string parameters;  // SQL, a column for each parameter; empty: once, without parameters
  };
  std::vector<Start> start;
};

/// A second port, on loopback: /metrics, and what `freshet cache` asks.
struct AdminOptions {
  bool enabled = true;
  std::optional<std::uint16_t> port;  // none: any free one, which the server's user finds by itself
  friend bool operator==(const AdminOptions&, const AdminOptions&) = default;
};

struct AppConfig {
  std::filesystem::path folder;
  std::string name, title, description, version;
  db::DatabaseOptions database;
  http::ServerOptions server;
  CacheOptions cache;
  std::vector<sql::RollupDefinition> rollups;  // [[rollup]]
  AdminOptions admin;
  LogOptions log;
  ApiOptions api;
  std::size_t seed_rows = 10'000;  // [seed] rows: what `freshet seed` makes when not told
};

/// What the command line says over the file.
struct ConfigOverrides {
  std::optional<std::string> database_url;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
};

/// Reads `folder`/freshet.toml. Order of precedence: overrides, then the environment (FRESHET_HOST, FRESHET_PORT,
/// DB_POOL_SIZE, DB_MAX_OVERFLOW, DB_POOL_TIMEOUT, DB_POOL_RECYCLE, DB_QUERY_TIMEOUT), then the file, then defaults.
/// All mistakes are appended to `problems`; the result is usable only if none was.
[[nodiscard]] AppConfig read_app_config(const std::filesystem::path& folder, const ConfigOverrides& overrides,
                                        const Environment& environment, Diagnostics& problems);

}  // namespace freshet::api
