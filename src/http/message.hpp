#pragma once
// Requests as the listener hands them over, and answers as handlers give them. This room has never heard of SQL.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/coding.hpp"
#include "core/entity_tag.hpp"
#include "core/shared.hpp"

namespace freshet::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };
[[nodiscard]] std::string_view to_string(Method method) noexcept;  // "GET", "DELETE", ...
[[nodiscard]] std::optional<Method> method_from(std::string_view text) noexcept;

struct Header {
  std::string_view name;
  std::string_view value;
};

/// One request. Views point into the connection's buffer and live until the answer is complete.
struct Request {
  Method method = Method::get;
  std::string_view method_text;
  std::string_view target;  // as sent: "/a%20b?x=1"
  std::string_view path;    // raw (still percent-encoded) path part of target
  std::string_view query;   // raw, without '?'
  std::span<const Header> headers;
  std::string_view body;  // complete
  std::string_view request_id;
  std::string_view remote;  // "127.0.0.1:53122"
  bool tls = false;
  std::chrono::steady_clock::time_point started;

  /// First header of that name (case-insensitive), or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Decodes %XX ('+' too when `plus_is_space`). nullopt: malformed escape, a NUL, or not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view raw, bool plus_is_space);

struct QueryPair {
  std::string name;
  std::string value;
};
/// Splits and decodes a raw query string (application/x-www-form-urlencoded). Throws Error(bad_request) naming what is
/// wrong: malformed escapes, not UTF-8, more than `pairs_max` pairs. "a&b=" gives {a,""},{b,""}.
[[nodiscard]] std::vector<QueryPair> parse_query(std::string_view raw, std::size_t pairs_max = 256);

/// Bytes that live as long as their owner.
struct SharedView {
  boost::intrusive_ptr<const Shared> owner;
  std::string_view bytes;
};

/// A body that outlives the answer without copying: from a buffer, shared (cached) bytes, or static text.
using Body = std::variant<Bytes, std::shared_ptr<const std::string>, std::string_view, SharedView>;
[[nodiscard]] std::string_view view(const Body& body) noexcept;

struct Response {
  unsigned status = 200;
  std::string_view content_type = "application/json";        // static storage
  std::vector<std::pair<std::string, std::string>> headers;  // beyond content type/length, date, request id
  /// Further headers, as header_lines() makes them: they are sent as they are. Static, or the body's owner's.
  std::string_view head_lines;
  std::optional<std::chrono::seconds> age;  // for how long it has been kept: the header Age
  Body body;

  /// The handler has chosen (Exchange::choose_coding) and `body` is in that coding already, identity too. Without it
  /// the exchange chooses and encodes.
  std::optional<Coding> coding;
  /// Of the strong ETag of the identity body: the exchange adds what belongs to the coding that it sends, and answers
  /// If-None-Match with 304. Only for 200 to GET and HEAD, and not for streams.
  EntityTag entity_tag;
  bool tag_body = false;  // without entity_tag and coding: make one from the body, if it is not too large
};

[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace freshet::http
