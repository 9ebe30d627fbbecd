#pragma once
// What /metrics says of the whole: what the server, the pools and the database count, as Prometheus text.

#include <string>

#include "db/database.hpp"
#include "http/server.hpp"

namespace freshet::api {

/// Prometheus' text format (version 0.0.4): each figure with its help and type.
[[nodiscard]] std::string figures_text(const http::ServerFigures& server, const db::DatabaseFigures& database);

}  // namespace freshet::api
