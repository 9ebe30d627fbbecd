#include "api/docs_page.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/embedded_file.hpp"
#include "core/text.hpp"

namespace freshet::api {
namespace {

constexpr std::string_view root = "/docs";
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

std::string_view content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{
      {{".html", "text/html; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".svg", "image/svg+xml"}}};
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const auto& type) { return name.ends_with(type.first); });
  return found == types.end() ? std::string_view("application/octet-stream") : found->second;
}

// If-None-Match compares weakly: `W/"x"` and `"x"` are the same (RFC 9110, 13.1.2).
bool names_etag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string_view candidate = trim(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == "*" || candidate == etag) return true;
  }
  return false;
}

}  // namespace

std::optional<http::Response> docs_asset(std::string_view path, std::string_view if_none_match) {
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  const std::string_view name = path.size() < 2 ? std::string_view("index.html") : path.substr(1);
  const auto files = docs_files();
  const auto file = std::find_if(files.begin(), files.end(), [&](const EmbeddedFile& f) { return f.name == name; });
  if (file == files.end()) return std::nullopt;
  const std::string etag = '"' + std::string(file->digest) + '"';
  http::Response response;
  response.content_type = content_type_of(name);
  // Kept by the browser, asked about each time: a new binary shows its own page at once.
  response.headers = {{"ETag", etag},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy", std::string(policy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  if (names_etag(if_none_match, etag)) {
    response.status = 304;
  } else {
    response.body = file->bytes;
  }
  return response;
}

}  // namespace freshet::api
