#pragma once
// An app as it is served: its endpoints compiled, its routes, its OpenAPI document. Immutable; a reload makes a new
// one.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.hpp"
#include "api/endpoint.hpp"
#include "api/rollups.hpp"
#include "api/schema_guard.hpp"
#include "core/error.hpp"
#include "db/database.hpp"
#include "http/router.hpp"

namespace freshet::api {

class CachedAnswers;  // cached_answers.hpp

/// [[cache.warm.start]], verified: its query prepared, each of its columns a parameter of the endpoint.
struct WarmStart {
  EndpointPtr endpoint;
  db::StatementPtr parameters;  // null: one request without parameters
};

struct App : std::enable_shared_from_this<App> {
  AppConfig config;
  SchemaGuard schema;
  std::vector<AppRollup> rollups;
  std::vector<EndpointPtr> endpoints;
  http::Router router;                        // to indexes of `endpoints`
  std::vector<std::string_view> route_names;  // of `endpoints`; set by Service::install, valid for its life
  std::string openapi;                        // the document, as JSON
  std::vector<WarmStart> warm_starts;         // what is asked for when serving begins
  std::shared_ptr<CachedAnswers> answers;     // set by Service::install; null: none are kept
};
using AppPtr = std::shared_ptr<const App>;

/// Compiles every endpoint of the folder against the database. Returns null if problems were appended: an app is served
/// whole or not at all. `feed`, unless it is null, tells when the schema is another one; without it nothing is kept and
/// no rollup is asked. Blocking.
[[nodiscard]] std::shared_ptr<App> load_app(AppConfig config, db::Database& database, Diagnostics& problems,
                                            feed::Feed* feed = nullptr);

}  // namespace freshet::api
