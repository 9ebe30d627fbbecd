#pragma once
// What an app's cache is filled with ahead of its readers: the routes that freshet.toml names at the start, then what
// the warmer (cache/warmer.hpp) decides by itself.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "api/app.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "db/database.hpp"

namespace freshet::api {

/// `[cache.routes]` and `[[cache.warm.start]]` name GET endpoints whose answers are kept. Mistakes are appended to
/// `problems`.
void verify_route_limits(const App& app, Diagnostics& problems);
/// Likewise. Blocking.
[[nodiscard]] std::vector<WarmStart> compile_warm_starts(const App& app, db::Database& database, Diagnostics& problems);

/// The targets that `start` asks for, at most warm_targets_max.
[[nodiscard]] boost::asio::awaitable<std::vector<std::string>> warm_targets(const WarmStart& start,
                                                                            db::Database& database);
inline constexpr std::size_t warm_targets_max = 10'000;

/// Fills the answers of an app from its making to its destruction, which does not wait: a fill under way keeps the app
/// alive until it ends. Make and destroy it on the thread of `executor`.
class Warming {
 public:
  Warming(AppPtr app, db::Database& database, const boost::asio::any_io_executor& executor, Log log);
  ~Warming();
  Warming(const Warming&) = delete;
  Warming& operator=(const Warming&) = delete;

 private:
  struct Stop;
  std::shared_ptr<Stop> stop_;
};

}  // namespace freshet::api
