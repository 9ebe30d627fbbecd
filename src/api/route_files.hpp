#pragma once
// Which files of an app are endpoints, and at which routes: the folder is the route table.
//
//   endpoints/transactions.sql                    GET    /transactions
//   endpoints/transactions.post.sql               POST   /transactions
//   endpoints/dashboard/index.sql                 GET    /dashboard
//   endpoints/dashboard/drill-down/[category].sql GET    /dashboard/drill-down/{category}
//   endpoints/x.postgres.sql                      stands in for x.sql on PostgreSQL

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "db/database.hpp"
#include "http/message.hpp"

namespace freshet::api {

struct RouteFile {
  http::Method method = http::Method::get;
  std::string route;  // "/dashboard/drill-down/{category}"
  std::vector<std::string> parameters;
  std::filesystem::path file;
};

/// Sorted by route, then method. Mistakes in names are appended to `problems`. A missing folder has no routes.
[[nodiscard]] std::vector<RouteFile> find_route_files(const std::filesystem::path& endpoints, db::Dialect dialect,
                                                      Diagnostics& problems);

/// One file's method and route by its path relative to endpoints/; throws config with a hint if the name does not fit.
[[nodiscard]] RouteFile route_of(const std::filesystem::path& relative);

}  // namespace freshet::api
