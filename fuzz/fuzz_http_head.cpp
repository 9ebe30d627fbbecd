// Requests on the wire. Checked: a stream that arrives in pieces of any size is read as it is when it comes at once:
// the same heads, the same bodies, the same refusals; what a request shows lies within the bytes of its head; a head
// never says two lengths; a body never exceeds its limit.

#include <algorithm>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "http/request_parser.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

using http::RequestParser;
using Verdict = RequestParser::Verdict;

constexpr http::ParserLimits limits{
    .header_bytes_max = 2048, .target_bytes_max = 256, .headers_max = 12, .body_bytes_max = 1024};

/// What came of a stream: a line a request, and how it ended.
using Story = std::vector<std::string>;

void check_request(const http::Request& request, const http::Framing& framing, std::string_view bytes) {
  const std::string_view head = bytes.substr(0, framing.head_bytes);
  must(framing.head_bytes <= bytes.size() && head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  must(!framing.chunked || framing.content_length == 0, "a head says one length");
  must(framing.content_length <= limits.body_bytes_max, "a body fits its limit");
  for (const std::string_view part : {request.method_text, request.target, request.query, framing.request_id}) {
    must(lies_within(part, head), "what a request shows lies within its head");
  }
  must(request.path == "*" || request.path == "/" || lies_within(request.path, head), "the path lies within the head");
  must(request.path == "*" || request.path.starts_with('/'), "a path begins with a slash");
  must(request.path.find_first_of("?# \r\n") == std::string_view::npos, "a path is only a path");
  must(request.headers.size() <= limits.headers_max, "there are no more headers than allowed");
  for (const http::Header& header : request.headers) {
    must(lies_within(header.name, head) && lies_within(header.value, head), "headers lie within the head");
    must(!header.name.empty() && header.name.find_first_of(" \t:\r\n") == std::string_view::npos, "names are tokens");
    must(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "values are one line");
  }
}

/// The bytes of a connection, of which more and more is there. What is shown is copied each time: what a parser keeps
/// of bytes that it was told to forget, AddressSanitizer sees.
class Arrival {
 public:
  Arrival(std::string_view stream, PieceSizes* sizes)
      : stream_(stream), sizes_(sizes), arrived_(sizes == nullptr ? stream.size() : 0) {}

  std::string_view shown() {
    const std::string_view there = stream_.substr(used_, arrived_ - used_);
    copy_.assign(there.begin(), there.end());
    copy_.shrink_to_fit();
    return {copy_.data(), copy_.size()};
  }
  bool more() {
    if (arrived_ == stream_.size()) return false;
    arrived_ = std::min(stream_.size(), arrived_ + sizes_->next());
    return true;
  }
  void use(std::size_t count) { used_ += count; }

 private:
  std::string_view stream_;
  PieceSizes* sizes_;
  std::size_t arrived_;
  std::size_t used_ = 0;
  std::vector<char> copy_;
};

/// False when the stream ends or is refused.
bool read_body(RequestParser& parser, Arrival& arrival, const http::Framing& framing, Story& story) {
  if (!framing.chunked) {
    while (arrival.shown().size() < framing.content_length) {
      if (!arrival.more()) return false;
    }
    story.back() += " body " + std::string(arrival.shown().substr(0, framing.content_length));
    arrival.use(framing.content_length);
    return true;
  }
  Bytes body;
  while (true) {
    const std::string_view bytes = arrival.shown();
    std::size_t used = 0;
    const Verdict verdict = parser.chunks(bytes, used, body);
    must(used <= bytes.size(), "no more bytes are used than there are");
    must(body.size() <= limits.body_bytes_max, "a chunked body fits its limit");
    arrival.use(used);
    if (verdict == Verdict::need_more && arrival.more()) continue;
    if (verdict != Verdict::complete) {
      if (verdict == Verdict::refused) story.back() += " refused " + std::to_string(parser.refusal().status);
      return false;
    }
    story.back() += " chunks " + std::string(body.view());
    return true;
  }
}

Story read(std::string_view stream, PieceSizes* sizes) {
  RequestParser parser(limits);
  Arrival arrival(stream, sizes);
  Story story;
  while (true) {
    http::Request request;
    const std::string_view bytes = arrival.shown();
    const Verdict verdict = parser.head(bytes, request);
    if (verdict == Verdict::need_more && arrival.more()) continue;
    if (verdict == Verdict::refused) {
      must(parser.refusal().status >= 400 && parser.refusal().status <= 505, "a refusal has a status");
      must(!parser.refusal().detail.empty(), "a refusal has words");
      story.push_back("refused " + std::to_string(parser.refusal().status));
    }
    if (verdict != Verdict::complete) return story;
    const http::Framing framing = parser.framing();
    check_request(request, framing, bytes);
    story.push_back(std::string(request.method_text) + ' ' + std::string(request.path) + '?' +
                    std::string(request.query) + ' ' + std::to_string(request.headers.size()));
    arrival.use(framing.head_bytes);
    if (!read_body(parser, arrival, framing, story) || !framing.keep_alive) return story;
    parser.reset();
  }
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  if (size == 0) return 0;
  const std::string_view stream = fuzz::text_of(data, size).substr(1);
  fuzz::PieceSizes sizes(data[0]);
  fuzz::must(fuzz::read(stream, nullptr) == fuzz::read(stream, &sizes), "pieces are read like the whole");
  return 0;
}
