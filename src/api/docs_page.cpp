#include "api/docs_page.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/embedded_file.hpp"

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

}  // namespace

std::optional<http::Response> docs_asset(std::string_view path) {
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  const std::string_view name = path.size() < 2 ? std::string_view("index.html") : path.substr(1);
  const auto files = docs_files();
  const auto file = std::find_if(files.begin(), files.end(), [&](const EmbeddedFile& f) { return f.name == name; });
  if (file == files.end()) return std::nullopt;
  http::Response response;
  response.content_type = content_type_of(name);
  // Kept by the browser, asked about each time: a new binary shows its own page at once.
  response.entity_tag = EntityTag(file->digest);
  response.headers = {{"Cache-Control", "no-cache"},
                      {"Content-Security-Policy", std::string(policy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  response.body = file->bytes;
  return response;
}

}  // namespace freshet::api
