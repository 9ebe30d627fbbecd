#pragma once
// GET /metrics on the admin port: what the server, the pools and the database count, as Prometheus text.

#include <functional>
#include <string>

#include "db/database.hpp"
#include "http/handler.hpp"
#include "http/server.hpp"

namespace freshet::api {

/// Prometheus' text format (version 0.0.4): each figure with its help and type.
[[nodiscard]] std::string figures_text(const http::ServerFigures& server, const db::DatabaseFigures& database);

/// Serves the admin port. `server` and `database` are asked at each request, on the admin listener's thread.
class FiguresHandler final : public http::Handler {
 public:
  FiguresHandler(std::function<http::ServerFigures()> server, const db::Database& database);
  [[nodiscard]] bool try_serve(http::Exchange& exchange) noexcept override;
  [[nodiscard]] boost::asio::awaitable<void> serve(http::Exchange& exchange) override;

 private:
  std::function<http::ServerFigures()> server_;
  const db::Database& database_;
};

}  // namespace freshet::api
