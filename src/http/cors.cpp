#include "http/cors.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace freshet::http {
namespace {

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

void check_plain(std::string_view text, std::string_view option) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= '\x7f' || c == ','; }) ||
      text.empty()) {
    throw Error(ErrorKind::config, "server.cors." + std::string(option) + " has `" + std::string(text) +
                                       "`, which cannot stand in a header");
  }
}

void check_origin(std::string_view origin) {
  check_plain(origin, "origins");
  const std::size_t scheme = origin.find("://");
  if (origin == "null" ||
      (scheme != std::string_view::npos && scheme != 0 &&
       origin.find_first_of("/?#", scheme + 3) == std::string_view::npos && origin.size() > scheme + 3)) {
    return;
  }
  throw Error(ErrorKind::config, "server.cors.origins has `" + std::string(origin) + "`, which is no origin")
      .hinting("write scheme, host and port only, like https://app.example.org");
}

}  // namespace

Cors::Cors(const ServerOptions& options) : credentials_(options.cors_credentials) {
  any_ = std::find(options.cors_origins.begin(), options.cors_origins.end(), "*") != options.cors_origins.end();
  if (any_ && options.cors_origins.size() > 1) {
    throw Error(ErrorKind::config, "server.cors.origins has `*` beside other origins; it allows them all already");
  }
  if (any_ && credentials_) {
    throw Error(ErrorKind::config,
                "server.cors allows credentials to every origin, so that any site could act as its visitors")
        .hinting("list the origins that may send credentials");
  }
  if (!any_) {
    for (const std::string& origin : options.cors_origins) check_origin(origin);
    origins_ = options.cors_origins;
  }
  for (const std::string& name : options.cors_expose_headers) check_plain(name, "expose");
  if (!any_) varying_ = "Vary: Origin\r\n";
  if (credentials_) allowed_ += "Access-Control-Allow-Credentials: true\r\n";
  if (!options.cors_expose_headers.empty()) {
    allowed_ += "Access-Control-Expose-Headers: " + join(options.cors_expose_headers) + "\r\n";
  }
  max_age_ = "Access-Control-Max-Age: " + std::to_string(options.cors_max_age.count()) + "\r\n";
}

bool Cors::allows(std::string_view origin) const noexcept {
  if (origin.empty()) return false;
  return any_ || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void Cors::append_headers(Bytes& out, std::string_view origin) const {
  if (!enabled()) return;
  out.append(varying_);
  if (!allows(origin)) return;
  out.append("Access-Control-Allow-Origin: ");
  out.append(any_ ? std::string_view("*") : origin);
  out.append("\r\n");
  out.append(allowed_);
}

bool Cors::is_preflight(const Request& request, std::string_view origin) const noexcept {
  return request.method == Method::options && allows(origin) &&
         !request.header("Access-Control-Request-Method").empty();
}

void Cors::append_preflight(Bytes& out, const Request& request, std::string_view methods) const {
  out.append("Access-Control-Allow-Methods: ");
  out.append(methods);
  out.append("\r\n");
  // Any header may be sent: what a caller may do is for policies to say, not for the names of headers.
  if (const std::string_view names = request.header("Access-Control-Request-Headers"); !names.empty()) {
    out.append("Access-Control-Allow-Headers: ");
    out.append(names);
    out.append("\r\n");
  }
  out.append(max_age_);
  out.append("Vary: Access-Control-Request-Method, Access-Control-Request-Headers\r\n");
}

}  // namespace freshet::http
