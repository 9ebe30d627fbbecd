#include "api/service.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "api/arguments.hpp"
#include "api/cached_answers.hpp"
#include "api/call.hpp"
#include "api/delivery.hpp"
#include "api/docs_page.hpp"
#include "api/row_stream.hpp"
#include "core/json_writer.hpp"
#include "http/problem.hpp"

namespace freshet::api {
namespace {

namespace asio = boost::asio;
using http::Exchange;
using http::Method;
using http::Response;

constexpr std::array<std::string_view, 4> built_in{"/healthz", "/readyz", "/openapi.json", "/docs"};
constexpr std::size_t chunks_in_flight = 4;

Response json_response(std::string_view text) {
  Response response;
  response.body = text;
  return response;
}

// The `format` parameter of a query, decoded enough for the three words that it can be.
std::string_view format_parameter(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with("format=")) return pair.substr(7);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

// Runs `work` and tells the pipe how it ended. By reference: the awaiting handler waits for `finished()`.
asio::awaitable<void> run_into(db::Database& database, db::Work& work, ChunkPipe& pipe) {
  std::exception_ptr error;
  try {
    co_await database.run(work);
  } catch (...) {
    error = std::current_exception();
  }
  pipe.finish(error);
}

// Sends what the pipe gives; the head goes with the first chunk, so that an early error still becomes a problem.
asio::awaitable<void> pump(ChunkPipe& pipe, Exchange& exchange, Response head) {
  std::optional<Bytes> chunk = co_await pipe.pop();
  http::BodyWriter* writer = co_await exchange.stream(std::move(head));
  while (chunk) {
    co_await writer->write(std::move(*chunk));
    chunk = co_await pipe.pop();
  }
}

}  // namespace

bool is_built_in(std::string_view route) {
  for (const std::string_view own : built_in) {
    if (route == own || (route.starts_with(own) && route[own.size()] == '/')) return true;
  }
  return false;
}

Service::Service(db::Database& database, feed::Feed* feed, Log log, bool development)
    : database_(database), feed_(feed), log_(std::move(log)), development_(development) {}

void Service::install(std::shared_ptr<App> app) {
  {
    const std::lock_guard lock(names_mutex_);
    for (const EndpointPtr& endpoint : app->endpoints) {
      app->route_names.emplace_back(*names_.insert(endpoint->route).first);
    }
  }
  if (feed_ != nullptr && app->config.cache.enabled) {
    app->answers = std::make_shared<CachedAnswers>(*app, *feed_, database_);
    for (const EndpointPtr& endpoint : app->endpoints) {
      if (endpoint->writes || endpoint->cache->cacheable) continue;
      log_.debug("{} is not cached: {}", endpoint->route, endpoint->cache->reason);
    }
  }
  const AppPtr before = app_.exchange(std::move(app));
  if (before != nullptr && before->answers != nullptr) before->answers->cache().store().clear();
}

bool Service::try_serve(Exchange& exchange) noexcept {
  const http::Request& request = exchange.request();
  if (request.method != Method::get && request.method != Method::head) return false;
  if (request.path == "/healthz") {
    exchange.set_route("/healthz");
    exchange.respond(json_response(R"({"status":"ok"})"));
    return true;
  }
  const AppPtr app = app_.load();
  return app->answers != nullptr && app->answers->try_serve(exchange);
}

asio::awaitable<void> Service::serve(Exchange& exchange) {
  const http::Request& request = exchange.request();
  const AppPtr app = app_.load();
  const bool reads = request.method == Method::get || request.method == Method::head;
  if (reads && request.path == "/readyz") {
    exchange.set_route("/readyz");
    co_await serve_ready(exchange);
    co_return;
  }
  if (reads && app->config.api.docs) {
    if (request.path == "/openapi.json") {
      exchange.set_route("/openapi.json");
      Response response;
      response.body = std::shared_ptr<const std::string>(app, &app->openapi);
      response.tag_body = true;
      exchange.respond(std::move(response));
      co_return;
    }
    if (std::optional<Response> page = docs_asset(request.path)) {
      exchange.set_route("/docs");
      exchange.respond(*std::move(page));
      co_return;
    }
  }
  std::vector<std::string_view> path_values;
  const http::Router::Match match = app->router.match(request.method, request.path, path_values);
  if (!match.method_found) {
    refuse_unmatched(*app, match.path_found || (!reads && is_built_in(request.path)), exchange);
    co_return;
  }
  exchange.set_route(app->route_names[match.index]);
  co_await serve_endpoint(*app, match.index, std::move(path_values), exchange);
}

std::string Service::allowed(std::string_view raw_path) const {
  if (is_built_in(raw_path)) return "GET, HEAD, OPTIONS";
  return app_.load()->router.allowed(raw_path);
}

asio::awaitable<void> Service::serve_ready(Exchange& exchange) {
  const bool ready = !draining_ && co_await database_.ready();
  if (ready) {
    exchange.respond(json_response(R"({"status":"ready"})"));
    co_return;
  }
  const std::string_view why = draining_ ? "the server is shutting down" : "the database does not answer";
  const Error error = Error(ErrorKind::unavailable, std::string(why)).retry_after(1);
  exchange.respond(http::problem(error, exchange.request().request_id));
}

void Service::refuse_unmatched(const App& app, bool path_found, Exchange& exchange) const {
  const http::Request& request = exchange.request();
  if (path_found) {
    const std::string allow = allowed(request.path);
    const Error error(ErrorKind::method_not_allowed, fmt::format("this route takes {}", allow));
    Response response = http::problem(error, request.request_id);
    response.headers.emplace_back("Allow", allow);
    exchange.respond(std::move(response));
    return;
  }
  std::string message = "no route has this path";
  if (development_) {
    const std::vector<std::string> near = app.router.near(request.path, 3);
    if (!near.empty()) message += fmt::format("; near it: {}", fmt::join(near, ", "));
    message += "; all of them: /docs";
  }
  exchange.respond(http::problem(Error(ErrorKind::not_found, std::move(message)), request.request_id));
}

asio::awaitable<void> Service::serve_endpoint(const App& app, std::uint32_t index,
                                              std::vector<std::string_view> path_values, Exchange& exchange) {
  const http::Request& request = exchange.request();
  const Endpoint& endpoint = *app.endpoints[index];
  CallArguments arguments = read_arguments(endpoint, request, path_values, app.config.api.reject_unknown_parameters);
  if (endpoint.streams()) {
    co_await serve_rows(endpoint, std::move(arguments), exchange);
    co_return;
  }
  if (!accepts_json(request.header("accept"))) {
    throw Error(ErrorKind::not_acceptable, "this route answers application/json only");
  }
  if (app.answers != nullptr && app.answers->keeps(index)) {
    co_await app.answers->serve(index, arguments.items.front(), exchange);
    co_return;
  }
  Delivery delivery =
      co_await deliver(database_, endpoint, std::move(arguments), app.schema, request.path, request.query, nullptr);
  exchange.set_database_time(delivery.wait_us, delivery.run_us);
  if (app.answers != nullptr && !endpoint.writes) delivery.headers.emplace_back("X-Cache", "BYPASS");
  Response response;
  response.status = delivery.status;
  response.body = std::move(delivery.body);
  response.tag_body = true;
  response.headers = std::move(delivery.headers);
  exchange.respond(std::move(response));
}

asio::awaitable<void> Service::serve_rows(const Endpoint& endpoint, CallArguments arguments, Exchange& exchange) {
  const http::Request& request = exchange.request();
  const std::string_view wish = endpoint.takes_format() ? format_parameter(request.query) : std::string_view();
  const std::optional<RowFormat> format = choose_row_format(wish, request.header("accept"));
  if (!format) {
    throw Error(ErrorKind::not_acceptable, "this route answers application/json, application/x-ndjson or text/csv");
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Call call(endpoint, std::move(arguments), Origin::sources);
  ChunkPipe pipe(executor, chunks_in_flight);
  RowStream stream(*endpoint.answer(), *format, pipe);
  db::Step& step = call.work().steps.front();
  step.sink = &stream;
  step.changed = [&stream](std::int64_t) { stream.end(); };
  asio::co_spawn(executor, run_into(database_, call.work(), pipe), asio::detached);
  Response head;
  head.content_type = media_type(*format);
  std::exception_ptr error;
  try {
    co_await pump(pipe, exchange, std::move(head));
  } catch (...) {
    error = std::current_exception();
  }
  // The session's thread holds references into this frame: it must be done with them before the frame goes.
  pipe.abandon();
  co_await pipe.finished();
  exchange.set_database_time(call.work().wait_us, call.work().run_us);
  if (error) std::rethrow_exception(error);
}

}  // namespace freshet::api
