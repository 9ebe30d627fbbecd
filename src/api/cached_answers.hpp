#pragma once
// The answers of an app's endpoints, kept as long as they are true. One for each app that is installed: a reload begins
// with none, so that no answer outlives the files that it was made from.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api/arguments.hpp"
#include "api/cache_plan.hpp"
#include "api/endpoint.hpp"
#include "cache/cache.hpp"
#include "cache/warmer.hpp"
#include "db/database.hpp"
#include "feed/feed.hpp"
#include "http/handler.hpp"

namespace freshet::api {

struct App;

class CachedAnswers {
 public:
  /// Tells the feed what to watch. `app` owns it; feed and database outlive both. Blocking.
  CachedAnswers(const App& app, feed::Feed& feed, db::Database& database);
  CachedAnswers(const CachedAnswers&) = delete;
  CachedAnswers& operator=(const CachedAnswers&) = delete;

  /// Answers from what is kept, if it can be told without waiting that it is true now. A hit allocates nothing.
  [[nodiscard]] bool try_serve(http::Exchange& exchange) noexcept;

  /// True if answers of the endpoint may be kept.
  [[nodiscard]] bool keeps(std::uint32_t endpoint) const noexcept { return routes_[endpoint] != nullptr; }
  /// Answers a call of an endpoint that keeps() its answers.
  [[nodiscard]] boost::asio::awaitable<void> serve(std::uint32_t endpoint, const Arguments& arguments,
                                                   http::Exchange& exchange);

  [[nodiscard]] cache::Cache& cache() noexcept { return cache_; }
  /// What fills it ahead of readers. Does nothing until somebody runs it (warming.hpp).
  [[nodiscard]] cache::Warmer& warmer() noexcept { return warmer_; }

 private:
  /// The request as far as an answer repeats it.
  struct Asker {
    std::string_view path, query;
    http::Exchange* exchange = nullptr;                  // hears how long the database took; null: nobody waits
    std::chrono::microseconds* database_time = nullptr;  // likewise, where there is no exchange
  };
  /// nullopt: the answer is not to be kept.
  [[nodiscard]] std::optional<cache::Question> question_of(std::uint32_t endpoint, const Arguments& arguments,
                                                           const Asker& asker) const;
  /// A call that nobody waits for.
  struct Ahead {
    std::uint32_t endpoint = 0;
    Arguments arguments;
    std::string target;  // as it was asked for
  };
  [[nodiscard]] boost::asio::awaitable<cache::FillOutcome> fill(std::string target);
  [[nodiscard]] boost::asio::awaitable<cache::FillOutcome> make_ahead(Ahead call, bool even_if_kept);
  void refresh(Ahead call, const boost::asio::any_io_executor& executor);
  void observe(http::Exchange& exchange);
  [[nodiscard]] boost::asio::awaitable<cache::Made> make(const Endpoint& endpoint, const Arguments& arguments,
                                                         Asker asker, feed::FillPosition* fill);
  [[nodiscard]] bool wants_fresh(const http::Request& request) const noexcept;
  [[nodiscard]] boost::asio::awaitable<void> respond_unkept(const Endpoint& endpoint, const Arguments& arguments,
                                                            Asker asker);
  [[nodiscard]] boost::asio::awaitable<void> respond(cache::EntryPtr entry, cache::Source source,
                                                     http::Exchange& exchange);

  const App& app_;
  db::Database& database_;
  cache::Cache cache_;
  cache::Warmer warmer_;
  std::unique_ptr<feed::Watching> watching_;
  UnseenShapes unseen_;
  std::vector<std::shared_ptr<cache::Route>> routes_;  // by endpoint; null: not kept
  std::vector<std::uint32_t> endpoint_of_route_;       // by Route::index
};

}  // namespace freshet::api
