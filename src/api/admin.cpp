#include "api/admin.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "api/body.hpp"
#include "api/cache_report.hpp"
#include "api/cached_answers.hpp"
#include "api/figures.hpp"
#include "core/json_writer.hpp"
#include "core/text.hpp"
#include "sql/parameter.hpp"

namespace freshet::api {
namespace {

using http::Method;
using http::Request;
using http::Response;

/// In the same time wherever they differ.
bool same_secret(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

std::size_t limit_from(const std::string& text) {
  constexpr std::size_t limit_max = 10'000;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > limit_max) {
    throw Error(ErrorKind::bad_request, fmt::format("limit is a number from 1 to {}", limit_max));
  }
  return limit;
}

EntryFilter filter_from(const Request& request) {
  EntryFilter filter;
  for (http::QueryPair& pair : http::parse_query(request.query)) {
    if (pair.name == "prefix") {
      filter.prefix = std::move(pair.value);
    } else if (pair.name == "tag") {
      filter.tag = std::move(pair.value);
    } else if (pair.name == "limit") {
      filter.limit = limit_from(pair.value);
    } else {
      throw Error(ErrorKind::bad_request, fmt::format("`{}` is not known here: prefix, tag, limit are", pair.name));
    }
  }
  return filter;
}

std::string key_from(const Request& request) {
  for (http::QueryPair& pair : http::parse_query(request.query)) {
    if (pair.name == "key") return std::move(pair.value);
  }
  throw Error(ErrorKind::bad_request, "which? ?key= says it");
}

Invalidated invalidate(cache::Cache& cache, const Request& request) {
  const JsonBody body = JsonBody::parse(request.body, false, 1);
  constexpr std::string_view usage = R"(the body is {"tag": "…"}, {"key": "…"} or {"everything": true})";
  if (body.objects.size() != 1 || body.objects.front().size() != 1)
    throw Error(ErrorKind::bad_request, std::string(usage));
  const JsonMember& member = body.objects.front().front();
  if (member.name == "everything" && member.raw == "true") return invalidate_everything(cache);
  sql::ParameterSpec spec;
  Argument text;
  const bool known = member.name == "tag" || member.name == "key";
  if (!known || sql::parse_json(spec, member.raw, text) || !std::holds_alternative<std::string>(text.scalar)) {
    throw Error(ErrorKind::bad_request, std::string(usage));
  }
  const auto& value = std::get<std::string>(text.scalar);
  return member.name == "tag" ? invalidate_tag(cache, value) : invalidate_key(cache, value);
}

std::string json_of(const Invalidated& result) {
  Bytes out;
  JsonWriter json(out);
  json.begin_object();
  json.member("entries", static_cast<std::int64_t>(result.entries));
  json.key("tags");
  json.begin_array();
  for (const std::string& tag : result.tags) json.string(tag);
  json.end_array();
  json.end_object();
  return std::string(out.view());
}

bool reads(const Request& request) { return request.method == Method::get || request.method == Method::head; }

}  // namespace

AdminHandler::AdminHandler(std::function<http::ServerFigures()> server, const Service& service,
                           const db::Database& database, std::string token)
    : server_(std::move(server)), service_(service), database_(database), token_(std::move(token)) {}

bool AdminHandler::try_serve(http::Exchange&) noexcept { return false; }

std::string AdminHandler::metrics() const {
  std::string text = figures_text(server_(), database_.figures());
  if (const AppPtr app = service_.app(); app->answers != nullptr) {
    text += cache_metrics(app->answers->cache(), app->answers->warmer());
  }
  return text;
}

void AdminHandler::require_token(const Request& request) const {
  constexpr std::string_view scheme = "Bearer ";
  std::string_view given = request.header("authorization");
  const bool bearer = given.size() > scheme.size() && equal_ignoring_case(given.substr(0, scheme.size()), scheme);
  given = bearer ? given.substr(scheme.size()) : std::string_view();
  if (!token_.empty() && same_secret(given, token_)) return;
  throw Error(ErrorKind::unauthenticated,
              "this needs the token that the server keeps for its user: Authorization: Bearer …");
}

std::string AdminHandler::cache_answer(const Request& request) const {
  const AppPtr app = service_.app();
  if (app->answers == nullptr)
    throw Error(ErrorKind::unavailable, "no answers are kept: see [cache] enabled and the log");
  cache::Cache& cache = app->answers->cache();
  if (request.path == "/cache/invalidate" && request.method == Method::post) return json_of(invalidate(cache, request));
  if (reads(request) && request.path == "/cache") {
    return cache_figures_json(cache, app->answers->warmer());
  }
  if (reads(request) && request.path == "/cache/entries") return entries_json(cache, filter_from(request));
  if (reads(request) && request.path == "/cache/entry") {
    const std::string key = key_from(request);
    std::string entry = entry_json(cache, key);
    if (entry.empty()) throw Error(ErrorKind::not_found, fmt::format("nothing is kept under `{}`", key));
    return entry;
  }
  throw Error(ErrorKind::not_found,
              "the admin port answers GET /metrics, /cache, /cache/entries, /cache/entry and POST /cache/invalidate");
}

boost::asio::awaitable<void> AdminHandler::serve(http::Exchange& exchange) {
  const Request& request = exchange.request();
  Response response;
  if (reads(request) && request.path == "/metrics") {
    exchange.set_route("/metrics");
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = std::make_shared<const std::string>(metrics());
  } else {
    require_token(request);
    response.body = std::make_shared<const std::string>(cache_answer(request));
  }
  exchange.respond(std::move(response));
  co_return;
}

}  // namespace freshet::api
