#pragma once
// Serves an app over HTTP: built-in routes and endpoints. The app can be exchanged while requests run; each request
// finishes with the app that it began with.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "api/app.hpp"
#include "api/arguments.hpp"
#include "core/log.hpp"
#include "core/shared_slot.hpp"
#include "db/database.hpp"
#include "feed/feed.hpp"
#include "http/handler.hpp"

namespace freshet::api {

/// /healthz, /readyz, /openapi.json, /docs: routes that no endpoint can take.
[[nodiscard]] bool is_built_in(std::string_view route);

class Service final : public http::Handler {
 public:
  /// `database` and `feed` must outlive the service and every request. Without a feed no answer is kept.
  Service(db::Database& database, feed::Feed* feed, Log log, bool development);

  /// Serves `app` from now on, beginning with no answer kept. Thread-safe; blocking.
  void install(std::shared_ptr<App> app);
  [[nodiscard]] AppPtr app() const { return app_.load(); }

  /// From now on /readyz says 503, so that load balancers look elsewhere while the server drains.
  void set_draining() noexcept { draining_ = true; }

  [[nodiscard]] bool try_serve(http::Exchange& exchange) noexcept override;
  [[nodiscard]] boost::asio::awaitable<void> serve(http::Exchange& exchange) override;
  [[nodiscard]] std::string allowed(std::string_view raw_path) const override;

 private:
  boost::asio::awaitable<void> serve_ready(http::Exchange& exchange);
  boost::asio::awaitable<void> serve_endpoint(const App& app, std::uint32_t index,
                                              std::vector<std::string_view> path_values, http::Exchange& exchange);
  boost::asio::awaitable<void> serve_rows(const Endpoint& endpoint, CallArguments arguments, http::Exchange& exchange);
  void refuse_unmatched(const App& app, bool path_found, http::Exchange& exchange) const;

  db::Database& database_;
  feed::Feed* const feed_;
  Log log_;
  const bool development_;
  std::atomic<bool> draining_ = false;
  SharedSlot<const App> app_;
  // Route names are kept for good, since logs and metrics hold views of them: a handful of short strings.
  std::mutex names_mutex_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace freshet::api
