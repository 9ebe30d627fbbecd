#pragma once
// The admin port: /metrics for everybody on this machine, and /cache for who knows the token.

#include <functional>
#include <string>

#include "api/service.hpp"
#include "db/database.hpp"
#include "http/handler.hpp"
#include "http/server.hpp"

namespace freshet::api {

/// GET /metrics; with `Authorization: Bearer TOKEN`: GET /cache, GET /cache/entries?prefix=&tag=&limit=,
/// GET /cache/entry?key=, POST /cache/invalidate with {"tag": …}, {"key": …} or {"everything": true}.
class AdminHandler final : public http::Handler {
 public:
  /// `server` is asked at each request; `service` and `database` outlive the handler. All on the admin listener's
  /// thread. An empty token lets nobody in.
  AdminHandler(std::function<http::ServerFigures()> server, const Service& service, const db::Database& database,
               std::string token);
  [[nodiscard]] bool try_serve(http::Exchange& exchange) noexcept override;
  [[nodiscard]] boost::asio::awaitable<void> serve(http::Exchange& exchange) override;

 private:
  [[nodiscard]] std::string metrics() const;
  [[nodiscard]] std::string cache_answer(const http::Request& request) const;
  void require_token(const http::Request& request) const;

  std::function<http::ServerFigures()> server_;
  const Service& service_;
  const db::Database& database_;
  const std::string token_;
};

}  // namespace freshet::api
