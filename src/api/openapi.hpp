#pragma once
// The OpenAPI 3.1 document of an app, from what its endpoints declare and what the database says of their results.

#include <string>
#include <vector>

#include "api/config.hpp"
#include "api/endpoint.hpp"

namespace freshet::api {

[[nodiscard]] std::string make_openapi(const AppConfig& config, const std::vector<EndpointPtr>& endpoints);

}  // namespace freshet::api
