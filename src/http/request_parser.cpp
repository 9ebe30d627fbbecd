#include "http/request_parser.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>

#include "core/text.hpp"

namespace freshet::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;
using boost::system::error_code;

// Unread bytes that a chunk's header line or the trailers may take.
constexpr std::size_t chunk_overhead_max = 16 * 1024;
// The shortest end of a chunked body.
constexpr std::size_t last_chunk_bytes = 5;
// Room for the method and the version beside the target in a request line that has no end yet.
constexpr std::size_t request_line_overhead = 64;

std::string_view text(beast::string_view view) noexcept { return {view.data(), view.size()}; }

constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool all_digits(std::string_view value) noexcept {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// host [":" port] of RFC 3986, loosely: what could end one URL part and begin another is refused.
bool host_is_sane(std::string_view host) noexcept {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("/?#@\\,\"<>^`{|}").find(c) == std::string_view::npos;
  });
}

Refusal refusal_for(const error_code& failure) noexcept {
  using beast::http::error;
  const auto code = static_cast<error>(failure.value());
  switch (code) {
    case error::bad_method:
      return {400, "the method is not a token"};
    case error::bad_target:
      return {400, "the request target is empty or has characters that do not belong in one"};
    case error::bad_version:
      return {400, "the request line does not end in an HTTP version"};
    case error::bad_line_ending:
      return {400, "a line does not end in CR LF"};
    case error::bad_field:
      return {400, "a header name is empty or not a token"};
    case error::bad_value:
      return {400, "a header value has a control character or is malformed"};
    case error::bad_content_length:
    case error::multiple_content_length:
      return {400, "Content-Length is not one number"};
    case error::bad_transfer_encoding:
      return {400, "Transfer-Encoding contradicts another framing header"};
    case error::bad_chunk:
    case error::bad_chunk_extension:
      return {400, "the chunked body is malformed"};
    case error::body_limit:
      return {413, "the body is larger than this server accepts"};
    case error::header_limit:
      return {431, "the request's headers are larger than this server accepts"};
    default:
      return {400, "the request is malformed"};
  }
}

// False if a quoted string of a chunk's extensions goes on behind its line: Beast would look for its end there.
bool chunk_line_closes_quotes(std::string_view rest) noexcept {
  const std::size_t start = rest.starts_with("\r\n") ? 2 : 0;
  const std::string_view line = rest.substr(start, rest.find('\n', start) - start);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (quoted && line[i] == '\\') ++i;
  }
  return !quoted || start + line.size() == rest.size();
}

// The version of a request line that Beast does not know: HTTP/2.0 is refused in other words than nonsense.
bool names_other_version(std::string_view head) noexcept {
  const std::string_view line = head.substr(0, head.find('\r'));
  const std::size_t at = line.rfind(" HTTP/");
  if (at == std::string_view::npos || line.size() != at + 9) return false;
  const std::string_view version = line.substr(at + 6);
  return all_digits(version.substr(0, 1)) && version[1] == '.' && all_digits(version.substr(2)) && version != "1.0" &&
         version != "1.1";
}

}  // namespace

// What Beast calls back. One object a message, because Beast's parsers are not made to be used twice; it lives in an
// optional, so that making one costs no allocation.
class RequestParser::Message {
 public:
  explicit Message(const ParserLimits& limits) : limits_(limits) {
    headers.reserve(std::min<std::size_t>(limits.headers_max, 32));
  }

  class Parser final : public beast::http::basic_parser<true> {
   public:
    explicit Parser(Message& message) : message_(message) {}
    Bytes* body = nullptr;
    std::uint64_t chunk_left = 0;  // 0: the line before a chunk is next, or the trailers

   private:
    void on_request_impl(beast::http::verb, beast::string_view sent_method, beast::string_view sent_target, int version,
                         error_code& error) override {
      message_.request_line(text(sent_method), text(sent_target), version, error);
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_field_impl(field name, beast::string_view name_text, beast::string_view value, error_code& error) override {
      if (!message_.head_done) message_.field_line(name, text(name_text), text(value), error);
    }
    void on_header_impl(error_code&) override { message_.head_done = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override { return bytes.size(); }
    void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override { chunk_left = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
      chunk_left -= bytes.size();
      if (body != nullptr) body->append(text(bytes));
      return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    Message& message_;
  };

  Parser& begin() {
    method = target = host = transfer_encoding = expect = {};
    headers.clear();
    hosts = lengths = encodings = 0;
    head_done = false;
    refusal = {};
    framing = {};
    parser.emplace(*this);
    parser->header_limit(0xFFFF'FFFF);  // checked before Beast sees anything
    parser->body_limit(limits_.body_bytes_max);
    return *parser;
  }

  void request_line(std::string_view sent_method, std::string_view sent_target, int version, error_code& error) {
    method = sent_method;
    target = sent_target;
    framing.http_1_0 = version == 10;
    if (target.size() > limits_.target_bytes_max) {
      refuse(414, "the request target is longer than this server accepts", error);
    }
  }

  void field_line(field name, std::string_view name_text, std::string_view value, error_code& error) {
    if (headers.size() == limits_.headers_max) return refuse(431, "the request has too many headers", error);
    headers.push_back({.name = name_text, .value = value});
    switch (name) {
      case field::host:
        ++hosts;
        host = value;
        break;
      case field::content_length:
        ++lengths;
        if (lengths > 1 || !all_digits(value)) refuse(400, "Content-Length is not one number", error);
        break;
      case field::transfer_encoding:
        ++encodings;
        transfer_encoding = value;
        break;
      case field::expect:
        expect = value;
        break;
      case field::origin:
        framing.origin = value;
        break;
      case field::unknown:
        if (name_text.size() == 12 && equal_ignoring_case(name_text, "X-Request-Id")) framing.request_id = value;
        break;
      default:
        break;
    }
  }

  // What the head as a whole must keep to, once Beast found each line well-formed.
  [[nodiscard]] Refusal check() {
    if (hosts > 1) return {400, "the request has more than one Host header"};
    if (hosts == 0 && !framing.http_1_0) return {400, "the request has no Host header"};
    if (!host_is_sane(host)) return {400, "the Host header is malformed"};
    if (encodings != 0) {
      if (lengths != 0) return {400, "the request has both Content-Length and Transfer-Encoding"};
      if (framing.http_1_0) return {400, "HTTP/1.0 has no Transfer-Encoding"};
      if (encodings > 1) return {400, "the request has more than one Transfer-Encoding header"};
      if (!equal_ignoring_case(transfer_encoding, "chunked")) {
        return {501, "chunked is the only transfer coding that this server reads"};
      }
      framing.chunked = true;
    }
    if (!expect.empty() && !framing.http_1_0) {
      if (!equal_ignoring_case(expect, "100-continue")) return {417, "100-continue is the only known expectation"};
      framing.expects_continue = true;
    }
    framing.keep_alive = parser->keep_alive();
    framing.content_length = parser->content_length().value_or(0);
    return {};
  }

  void refuse(unsigned status, std::string_view detail, error_code& error) {
    refusal = {status, detail};
    error = beast::http::error::bad_field;
  }

  std::string_view method, target, host, transfer_encoding, expect;
  std::vector<Header> headers;
  unsigned hosts = 0, lengths = 0, encodings = 0;
  bool head_done = false;
  Refusal refusal;
  Framing framing;
  std::optional<Parser> parser;

 private:
  const ParserLimits limits_;
};

namespace {

// Splits a request target into path and query; an absolute form ("http://host/path") loses its scheme and authority.
Refusal split_target(std::string_view method, std::string_view target, Request& request) {
  if (method == "CONNECT") return {501, "this server is no proxy: CONNECT is not implemented"};
  std::string_view rest = target;
  if (target == "*") {
    if (method != "OPTIONS") return {400, "the target * is for OPTIONS only"};
  } else if (!target.starts_with('/')) {
    const std::size_t scheme_end = target.find("://");
    const std::string_view scheme = target.substr(0, std::min(scheme_end, target.size()));
    if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) {
      return {400, "the request target must be a path or an http URL"};
    }
    rest.remove_prefix(scheme_end + 3);
    const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    if (authority.empty() || !host_is_sane(authority)) return {400, "the request target has a malformed host"};
    rest.remove_prefix(authority_end);
  }
  if (target.find('#') != std::string_view::npos) return {400, "a request target has no fragment"};
  const std::size_t question = std::min(rest.find('?'), rest.size());
  request.path = question == 0 ? std::string_view("/") : rest.substr(0, question);
  request.query = rest.substr(std::min(question + 1, rest.size()));
  return {};
}

}  // namespace

RequestParser::RequestParser(const ParserLimits& limits)
    : limits_(limits), message_(std::make_unique<Message>(limits)) {}
RequestParser::~RequestParser() = default;

void RequestParser::reset() noexcept {
  framing_ = {};
  refusal_ = {};
  line_start_ = searched_ = lines_ = skipped_ = 0;
}

RequestParser::Verdict RequestParser::refuse(unsigned status, std::string_view detail) noexcept {
  refusal_ = {status, detail};
  return Verdict::refused;
}

RequestParser::Verdict RequestParser::head(std::string_view bytes, Request& request) {
  const Verdict found = find_end(bytes);
  if (found != Verdict::complete) return found;
  return parse(bytes.substr(skipped_, framing_.head_bytes - skipped_), request);
}

// Walks the lines to the empty one that ends the head. Sees to what must not wait for that end: limits, bare line
// feeds, folded lines and bytes that are no HTTP at all.
RequestParser::Verdict RequestParser::find_end(std::string_view bytes) {
  if (lines_ == 0) {
    // RFC 9112, 2.2: an empty line before a request line is ignored.
    while (skipped_ < 4 && bytes.substr(skipped_).starts_with("\r\n")) skipped_ += 2;
    line_start_ = skipped_;
    searched_ = std::max(searched_, skipped_);
    if (bytes.size() == skipped_ || bytes.substr(skipped_) == "\r") return Verdict::need_more;
    const auto first = static_cast<unsigned char>(bytes[skipped_]);
    if (first == 0x16) return refuse(400, "this port speaks plain HTTP, not TLS");
    if (!token_characters[first]) return refuse(400, "this is not an HTTP request");
  }
  for (;;) {
    const std::size_t feed = bytes.find('\n', searched_);
    const std::size_t seen = feed == std::string_view::npos ? bytes.size() : feed + 1;
    if (lines_ == 0 && seen - skipped_ > limits_.target_bytes_max + request_line_overhead) {
      return refuse(414, "the request target is longer than this server accepts");
    }
    if (seen - skipped_ > limits_.header_bytes_max) {
      return refuse(431, "the request's headers are larger than this server accepts");
    }
    searched_ = seen;
    if (feed == std::string_view::npos) return Verdict::need_more;
    if (feed == line_start_ || bytes[feed - 1] != '\r') return refuse(400, "a line does not end in CR LF");
    if (feed - 1 == line_start_) {
      framing_.head_bytes = feed + 1;
      return Verdict::complete;
    }
    if (lines_ != 0 && (bytes[line_start_] == ' ' || bytes[line_start_] == '\t')) {
      return refuse(400, "a header line is folded or begins with a blank");
    }
    if (++lines_ > limits_.headers_max + 1) return refuse(431, "the request has too many headers");
    line_start_ = feed + 1;
  }
}

RequestParser::Verdict RequestParser::parse(std::string_view head, Request& request) {
  Message& message = *message_;
  Message::Parser& parser = message.begin();
  error_code error;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (message.refusal.status != 0) return refuse(message.refusal.status, message.refusal.detail);
  if (error) {
    if (error == beast::http::error::bad_version && names_other_version(head)) {
      return refuse(505, "this server speaks HTTP/1.1");
    }
    refusal_ = refusal_for(error);
    return Verdict::refused;
  }
  refusal_ = message.check();
  if (refusal_.status == 0) refusal_ = split_target(message.method, message.target, request);
  if (refusal_.status != 0) return Verdict::refused;
  message.framing.head_bytes = framing_.head_bytes;
  framing_ = message.framing;
  request.method = method_from(message.method).value_or(Method::other);
  request.method_text = message.method;
  request.target = message.target;
  request.headers = message.headers;
  return Verdict::complete;
}

RequestParser::Verdict RequestParser::chunks(std::string_view bytes, std::size_t& used, Bytes& out) {
  Message::Parser& parser = *message_->parser;
  parser.body = &out;
  used = 0;
  while (!parser.is_done()) {
    const std::string_view rest = bytes.substr(used);
    const bool in_line = parser.chunk_left == 0;
    // Beast takes for granted that the end of a body, 0 CR LF CR LF, does not come in drops.
    if (rest.empty() || (in_line && rest.size() < last_chunk_bytes && rest.front() == '0')) return Verdict::need_more;
    if (in_line && !chunk_line_closes_quotes(rest)) return refuse(400, "the chunked body is malformed");
    error_code error;
    const std::size_t taken = parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    used += taken;
    const bool need_more = error == beast::http::error::need_more;
    if (in_line && (need_more ? rest.size() : taken) > chunk_overhead_max) {
      return refuse(400, "a chunk's header or the trailers are too long");
    }
    if (need_more) return Verdict::need_more;
    if (error) {
      refusal_ = refusal_for(error);
      return Verdict::refused;
    }
  }
  return Verdict::complete;
}

}  // namespace freshet::http
