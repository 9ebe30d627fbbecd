#include "api/cached_answers.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "api/app.hpp"
#include "api/call.hpp"
#include "api/delivery.hpp"
#include "api/row_stream.hpp"
#include "cache/s3_fifo.hpp"
#include "core/text.hpp"
#include "http/conditional.hpp"
#include "http/problem.hpp"
#include "http/response_head.hpp"

namespace freshet::api {
namespace {

namespace asio = boost::asio;
using http::Exchange;
using http::Response;

constexpr std::string_view json = "application/json";
constexpr std::string_view x_cache = "X-Cache";
constexpr std::string_view hit_line = "X-Cache: HIT\r\n";  // the first of every entry's head lines

cache::StoreOptions store_options(const CacheOptions& options) {
  cache::StoreOptions store;
  store.bytes_max = options.bytes_max;
  if (options.policy == CacheOptions::Policy::s3_fifo) store.policy = &cache::S3Fifo::make;
  return store;
}

cache::WarmerOptions warmer_options(const CacheOptions& options, const db::Database& database, cache::Cache& cache) {
  cache::WarmerOptions warmer;
  warmer.database_share = options.database_share;
  warmer.hottest = options.hottest;
  warmer.predict = options.predict;
  warmer.catch_up = [&cache] { return cache.up_to_date(); };
  warmer.busy = [&database] { return database.figures().readers.waiting > 0; };
  return warmer;
}

std::pair<std::string_view, std::string_view> path_and_query(std::string_view target) noexcept {
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

std::string_view word_of(cache::Source source) noexcept {
  switch (source) {
    case cache::Source::hit:
      return "HIT";
    case cache::Source::stale:
      return "STALE";
    case cache::Source::shared:
      return "SHARED";
    case cache::Source::miss:
      return "MISS";
    case cache::Source::bypass:
      break;
  }
  return "BYPASS";
}

std::chrono::seconds age_of(const cache::Entry& entry, cache::Clock::time_point now) noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(std::max(now - entry.created(), cache::Clock::duration{}));
}

/// RFC 9111, section 5.2.1.4.
bool asks_no_cache(std::string_view cache_control) noexcept {
  while (!cache_control.empty()) {
    const std::size_t comma = std::min(cache_control.find(','), cache_control.size());
    if (equal_ignoring_case(trim(cache_control.substr(0, comma)), "no-cache")) return true;
    cache_control.remove_prefix(std::min(comma + 1, cache_control.size()));
  }
  return false;
}

/// A body that nobody else will ask for: the entry had no room for it.
struct OwnBody final : Shared {
  explicit OwnBody(Bytes of) : bytes(std::move(of)) {}
  const Bytes bytes;
};

/// An answer in the coding of `body`; its owner holds the entry too, where it is another.
Response response_of(const cache::EntryPtr& entry, cache::Source source, Coding coding, http::SharedView body) {
  Response response;
  response.status = entry->status();
  response.body = std::move(body);
  response.coding = coding;
  response.entity_tag = entry->etag();
  response.head_lines = entry->head_lines();
  if (source != cache::Source::hit) {
    response.head_lines.remove_prefix(hit_line.size());
    response.headers.emplace_back(x_cache, word_of(source));
  }
  return response;
}

/// Of what could not be kept.
Response response_of(const std::shared_ptr<const cache::Made>& made, cache::Source source) {
  Response response;
  response.status = made->status;
  response.body = std::shared_ptr<const std::string>(made, &made->body);
  response.entity_tag = made->etag;
  response.headers.emplace_back(x_cache, word_of(source));
  // They are the body's owner's, as they must be.
  response.head_lines = std::string_view(made->head_lines).substr(hit_line.size());
  return response;
}

/// Of all answers that may be kept.
std::vector<feed::Shape> shapes_of(const App& app) {
  std::vector<feed::Shape> shapes;
  for (const EndpointPtr& endpoint : app.endpoints) {
    if (!endpoint->cache->cacheable) continue;
    shapes.insert(shapes.end(), endpoint->cache->shapes.begin(), endpoint->cache->shapes.end());
  }
  std::ranges::sort(shapes);
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

Response nothing_here_response(cache::Source source, std::string_view request_id) {
  Response response = http::problem(nothing_here(), request_id);
  response.headers.emplace_back(x_cache, word_of(source));
  return response;
}

}  // namespace

CachedAnswers::CachedAnswers(const App& app, feed::Feed& feed, db::Database& database)
    : app_(app),
      database_(database),
      cache_(store_options(app.config.cache), feed, app.schema.changes()),
      warmer_(warmer_options(app.config.cache, database, cache_), cache_.store(),
              [this](std::string target) { return fill(std::move(target)); }) {
  watching_ = feed.watch(shapes_of(app));
  unseen_.insert(watching_->unseen().begin(), watching_->unseen().end());
  routes_.resize(app.endpoints.size());
  for (std::uint32_t i = 0; i < app.endpoints.size(); ++i) {
    const Endpoint& endpoint = *app.endpoints[i];
    if (!endpoint.cache->cacheable) continue;
    const auto limit = app.config.cache.route_bytes_max.find(endpoint.route);
    routes_[i] = limit == app.config.cache.route_bytes_max.end() ? cache_.store().route(endpoint.route)
                                                                 : cache_.store().route(endpoint.route, limit->second);
    endpoint_of_route_.resize(std::max(endpoint_of_route_.size(), routes_[i]->index + 1));
    endpoint_of_route_[routes_[i]->index] = i;
  }
}

bool CachedAnswers::try_serve(Exchange& exchange) noexcept {
  const http::Request& request = exchange.request();
  if (wants_fresh(request) || !accepts_json(request.header("accept"))) return false;
  const cache::EntryPtr entry = cache_.find_now(request.target, request.started);
  if (entry == nullptr || entry->status() != 200) return false;
  const Coding coding = exchange.choose_coding(json, entry->body(Coding::identity)->size());
  const cache::Body* const body = entry->body(coding);
  if (body == nullptr) return false;  // to be encoded: once, and not on this path
  cache_.served(request.target, *entry);
  Response response = response_of(entry, cache::Source::hit, coding, {.owner = entry, .bytes = *body});
  response.age = age_of(*entry, request.started);
  exchange.set_route(app_.route_names[endpoint_of_route_[entry->route().index]]);
  observe(exchange);
  exchange.respond(std::move(response));
  return true;
}

asio::awaitable<void> CachedAnswers::serve(std::uint32_t index, const Arguments& arguments, Exchange& exchange) {
  const http::Request& request = exchange.request();
  const Endpoint& endpoint = *app_.endpoints[index];
  const Asker asker{.path = request.path, .query = request.query, .exchange = &exchange, .database_time = nullptr};
  observe(exchange);
  std::optional<cache::Question> question;
  if (!wants_fresh(request)) question = question_of(index, arguments, asker);
  if (!question) {
    co_await respond_unkept(endpoint, arguments, asker);
    co_return;
  }
  cache::Cache::Maker maker = [this, &endpoint, &arguments, &asker](feed::FillPosition* fill) {
    return make(endpoint, arguments, asker, fill);
  };
  cache::Answer answer = co_await cache_.answer(*std::move(question), std::move(maker));
  if (answer.refresh) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    refresh({.endpoint = index, .arguments = arguments, .target = std::string(request.target)}, executor);
  }
  const unsigned status = answer.entry != nullptr ? answer.entry->status() : answer.made->status;
  if (status == 404) {
    exchange.respond(nothing_here_response(answer.source, request.request_id));
    co_return;
  }
  if (answer.entry == nullptr) {
    exchange.respond(response_of(answer.made, answer.source));
    co_return;
  }
  if (target_says_all(endpoint, arguments)) {
    static_cast<void>(cache_.store().add_alias(request.target, answer.entry));
  }
  co_await respond(std::move(answer.entry), answer.source, exchange);
}

std::optional<cache::Question> CachedAnswers::question_of(std::uint32_t index, const Arguments& arguments,
                                                          const Asker& asker) const {
  const Endpoint& endpoint = *app_.endpoints[index];
  std::optional<std::vector<feed::Tag>> tags = tags_of(*endpoint.cache, endpoint, arguments, unseen_);
  if (!tags) return std::nullopt;
  cache::Question question;
  question.key = key_of(endpoint, arguments, asker.path, asker.query);
  question.route = routes_[index];
  question.tags = *std::move(tags);
  question.ttl = endpoint.cache->ttl;
  if (endpoint.cache->ttl_min) question.ttl = routes_[index]->changes.ttl(*endpoint.cache->ttl_min, *question.ttl);
  question.stale_for = endpoint.cache->stale.value_or(std::chrono::milliseconds{0});
  return question;
}

asio::awaitable<void> CachedAnswers::respond_unkept(const Endpoint& endpoint, const Arguments& arguments, Asker asker) {
  cache::Made made = co_await make(endpoint, arguments, asker, nullptr);
  if (made.status == 404) {
    asker.exchange->respond(nothing_here_response(cache::Source::bypass, asker.exchange->request().request_id));
    co_return;
  }
  asker.exchange->respond(response_of(std::make_shared<const cache::Made>(std::move(made)), cache::Source::bypass));
}

/// A fresh answer in place of one whose time is over. Its caller has been answered and waits for nothing.
void CachedAnswers::refresh(Ahead call, const asio::any_io_executor& executor) {
  // The app holds this, and lives as long as somebody fills it.
  asio::co_spawn(executor, make_ahead(std::move(call), true),
                 [app = app_.shared_from_this()](const std::exception_ptr&, const cache::FillOutcome&) {});
}

asio::awaitable<cache::FillOutcome> CachedAnswers::fill(std::string target) {
  http::Request request;
  request.target = target;
  std::tie(request.path, request.query) = path_and_query(target);
  std::vector<std::string_view> path_values;
  const http::Router::Match match = app_.router.match(http::Method::get, request.path, path_values);
  if (!match.method_found || !keeps(match.index)) co_return cache::FillOutcome();
  const Endpoint& endpoint = *app_.endpoints[match.index];
  if (!endpoint.vary.empty()) co_return cache::FillOutcome();  // a target does not say which of its answers is meant
  Ahead call{.endpoint = match.index, .arguments = {}, .target = target};
  try {
    CallArguments read = read_arguments(endpoint, request, path_values, app_.config.api.reject_unknown_parameters);
    call.arguments = std::move(read.items.front());
  } catch (const Error&) {
    co_return cache::FillOutcome();  // who asks for it will be told why
  }
  co_return co_await make_ahead(std::move(call), false);
}

asio::awaitable<cache::FillOutcome> CachedAnswers::make_ahead(Ahead call, bool even_if_kept) {
  cache::FillOutcome outcome;
  const Endpoint& endpoint = *app_.endpoints[call.endpoint];
  const Arguments& arguments = call.arguments;
  const auto [path, query] = path_and_query(call.target);
  const Asker asker{.path = path, .query = query, .exchange = nullptr, .database_time = &outcome.database};
  try {
    std::optional<cache::Question> question = question_of(call.endpoint, arguments, asker);
    if (!question) co_return outcome;
    cache::Cache::Maker maker = [this, &endpoint, &arguments, &asker](feed::FillPosition* fill) {
      return make(endpoint, arguments, asker, fill);
    };
    cache::Answer answer;
    if (even_if_kept) {
      answer = co_await cache_.renew(*std::move(question), std::move(maker));
    } else {
      answer = co_await cache_.answer(*std::move(question), std::move(maker));
    }
    outcome.filled = answer.entry == nullptr ? cache::Filled::refused : cache::Filled::kept;
    if (answer.entry != nullptr && target_says_all(endpoint, arguments)) {
      static_cast<void>(cache_.store().add_alias(call.target, answer.entry));
    }
  } catch (const Error& error) {
    // Who asks for it will be told why.
    if (error.kind() == ErrorKind::cancelled) throw;
  }
  co_return outcome;
}

/// What follows what, as this connection asks.
void CachedAnswers::observe(Exchange& exchange) {
  if (!app_.config.cache.warm || !app_.config.cache.predict) return;
  std::string& previous = exchange.note();
  warmer_.observe(previous, exchange.request().target);
  previous = exchange.request().target;
}

/// Encodes once for each coding: who wants it meanwhile gets the identity, who comes later finds it.
asio::awaitable<void> CachedAnswers::respond(cache::EntryPtr entry, cache::Source source, Exchange& exchange) {
  const std::string_view identity = *entry->body(Coding::identity);
  Coding coding = exchange.choose_coding(json, identity.size());
  std::optional<Bytes> encoded;
  if (entry->body(coding) == nullptr) {
    const cache::CodingTurn turn(entry, coding);
    // Between the first look and the turn somebody may have finished.
    if (turn.mine() && entry->body(coding) == nullptr) encoded = co_await exchange.encode(coding, identity);
    if (encoded && cache_.store().add_body(entry, coding, encoded->view(), cache::Clock::now())) encoded.reset();
  }
  http::SharedView body{.owner = entry, .bytes = identity};
  if (const cache::Body* const kept = entry->body(coding); kept != nullptr) {
    body.bytes = *kept;
  } else if (encoded) {
    const boost::intrusive_ptr<const OwnBody> own(
        new OwnBody(*std::move(encoded)));  // NOLINT(cppcoreguidelines-owning-memory)
    body = {.owner = own, .bytes = own->bytes.view()};
  } else {
    coding = Coding::identity;
  }
  Response response = response_of(entry, source, coding, std::move(body));
  if (source != cache::Source::miss) response.age = age_of(*entry, cache::Clock::now());
  exchange.respond(std::move(response));
}

asio::awaitable<cache::Made> CachedAnswers::make(const Endpoint& endpoint, const Arguments& arguments, Asker asker,
                                                 feed::FillPosition* fill) {
  CallArguments call_arguments;
  call_arguments.items.push_back(arguments);
  cache::Made made;
  try {
    Delivery delivery =
        co_await deliver(database_, endpoint, std::move(call_arguments), app_.schema, asker.path, asker.query, fill);
    if (asker.exchange != nullptr) asker.exchange->set_database_time(delivery.wait_us, delivery.run_us);
    if (asker.database_time != nullptr) *asker.database_time = std::chrono::microseconds(delivery.run_us);
    made.status = static_cast<std::uint16_t>(delivery.status);
    made.body = delivery.body.view();
    delivery.headers.emplace_back("Cache-Control", "no-cache");  // ask again each time; a 304 costs little
    made.head_lines = hit_line;
    made.head_lines += http::header_lines(delivery.headers);
    if (made.body.size() <= app_.config.server.etag_body_max) made.etag = http::entity_tag_of(made.body);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    made.status = 404;  // an answer like any other: it is true until somebody writes
    made.head_lines = hit_line;
  }
  co_return made;
}

bool CachedAnswers::wants_fresh(const http::Request& request) const noexcept {
  return app_.config.cache.bypass && asks_no_cache(request.header("cache-control"));
}

}  // namespace freshet::api
