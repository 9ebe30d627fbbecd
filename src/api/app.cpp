#include "api/app.hpp"

#include <utility>

#include <fmt/format.h>

#include "api/openapi.hpp"
#include "api/route_files.hpp"
#include "api/service.hpp"
#include "api/warming.hpp"

namespace freshet::api {
namespace {

void add_route(App& app, const EndpointPtr& endpoint, std::string_view route, Diagnostics& problems) {
  try {
    if (is_built_in(route)) {
      throw Error(ErrorKind::config, fmt::format("the route {} is Freshet's own", route))
          .hinting("choose another name");
    }
    app.router.add(endpoint->method, route, static_cast<std::uint32_t>(app.endpoints.size()));
  } catch (Error& error) {
    problems.push_back(std::move(error.at({.file = endpoint->source.file, .line = 1, .column = 1})));
  }
}

}  // namespace

std::shared_ptr<App> load_app(AppConfig config, db::Database& database, Diagnostics& problems, feed::Feed* feed) {
  const std::size_t before = problems.size();
  auto app = std::make_shared<App>();
  if (feed != nullptr) app->schema = SchemaGuard(*feed);
  app->config = std::move(config);
  const db::Catalog catalog = database.catalog();
  app->rollups = look_at_rollups(app->config.rollups, database, problems);
  std::vector<sql::RollupTable> complete;
  for (const AppRollup& one : app->rollups) {
    if (one.state == feed::RollupState::complete) complete.push_back(one.rollup->table());
  }
  for (const RouteFile& file : find_route_files(app->config.folder / "endpoints", database.dialect(), problems)) {
    const EndpointPtr endpoint = compile_endpoint(file, database, catalog, problems, complete);
    if (endpoint == nullptr) continue;
    add_route(*app, endpoint, endpoint->route, problems);
    for (const sql::AliasSource& alias : endpoint->source.aliases) add_route(*app, endpoint, alias.route, problems);
    app->endpoints.push_back(endpoint);
  }
  verify_route_limits(*app, problems);
  app->warm_starts = compile_warm_starts(*app, database, problems);
  if (problems.size() != before) return nullptr;
  app->openapi = make_openapi(app->config, app->endpoints);
  return app;
}

}  // namespace freshet::api
