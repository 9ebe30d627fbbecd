#include "http/message.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/text.hpp"

namespace freshet::http {
namespace {

constexpr std::array<std::string_view, 8> method_names{"GET",   "HEAD",   "POST",    "PUT",
                                                       "PATCH", "DELETE", "OPTIONS", "OTHER"};

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_part(std::string_view raw, std::string_view what) {
  std::optional<std::string> text = percent_decode(raw, true);
  if (!text) {
    throw Error(ErrorKind::bad_request, "the query string has a " + std::string(what) +
                                            " with a malformed escape, a NUL or bytes that are not UTF-8");
  }
  return *std::move(text);
}

}  // namespace

std::string_view to_string(Method method) noexcept { return method_names.at(static_cast<std::size_t>(method)); }

std::optional<Method> method_from(std::string_view text) noexcept {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Method::other); ++i) {
    if (method_names[i] == text) return static_cast<Method>(i);
  }
  return std::nullopt;
}

std::string_view Request::header(std::string_view name) const noexcept {
  for (const Header& header : headers) {
    if (header.name.size() == name.size() && equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

std::optional<std::string> percent_decode(std::string_view raw, bool plus_is_space) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      if (raw.size() - i < 3) return std::nullopt;
      const int high = hex_value(raw[i + 1]);
      const int low = hex_value(raw[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    text.push_back(c);
  }
  if (!valid_utf8(text)) return std::nullopt;
  return text;
}

std::vector<QueryPair> parse_query(std::string_view raw, std::size_t pairs_max) {
  std::vector<QueryPair> pairs;
  while (!raw.empty()) {
    const std::size_t end = std::min(raw.find('&'), raw.size());
    const std::string_view pair = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (pair.empty()) continue;
    if (pairs.size() == pairs_max) {
      throw Error(ErrorKind::bad_request,
                  "the query string has more than " + std::to_string(pairs_max) + " parameters");
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    pairs.push_back({.name = decode_part(pair.substr(0, equals), "name"), .value = decode_part(value, "value")});
  }
  return pairs;
}

std::string_view view(const Body& body) noexcept {
  if (const auto* bytes = std::get_if<Bytes>(&body)) return bytes->view();
  if (const auto* text = std::get_if<std::string_view>(&body)) return *text;
  if (const auto* shared = std::get_if<SharedView>(&body)) return shared->bytes;
  const auto* string = std::get_if<std::shared_ptr<const std::string>>(&body);
  return string != nullptr && *string ? std::string_view(**string) : std::string_view();
}

std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace freshet::http
