// The part of a connection that picks how an answer is represented: its coding, its validator, and 304 instead of it.
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "core/text.hpp"
#include "http/compute_pool.hpp"
#include "http/conditional.hpp"
#include "http/connection.hpp"

namespace freshet::http {
namespace {

constexpr std::size_t encoded_at_once_max = 16 * 1024;  // more goes to the compute pool
constexpr std::chrono::milliseconds flush_period{200};  // a slow stream shows signs of life this often

template <class Visit>
void for_each_field(const Request& request, std::string_view name, Visit&& visit) {
  for (const Header& header : request.headers) {
    if (header.name.size() == name.size() && equal_ignoring_case(header.name, name)) visit(header.value);
  }
}

bool has_header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (equal_ignoring_case(key, name)) return true;
  }
  return false;
}

}  // namespace

void Connection::select_representation() {
  if (selection_.made) return;
  selection_ = Selection();
  selection_.made = true;
  select_coding();
  const bool whole =
      !streaming_ && response_.status == 200 && (request_.method == Method::get || request_.method == Method::head);
  if (!whole) {
    response_.entity_tag = EntityTag();
    return;
  }
  const std::size_t size = view(response_.body).size();
  if (response_.tag_body && response_.entity_tag.empty() && !response_.coding && size <= options_.etag_body_max) {
    response_.entity_tag = entity_tag_of(view(response_.body));
  }
  if (response_.entity_tag.empty()) return;
  bool known = false;
  for_each_field(request_, "if-none-match", [&](std::string_view field) {
    known = known || names_tag(field, response_.entity_tag, selection_.coding);
  });
  if (known) response_.status = 304;
}

// What a handler has chosen gets the same headers as what is chosen here: a cached answer is no different from a new
// one.
void Connection::select_coding() {
  selection_.encoded = response_.coding.has_value();
  selection_.coding = response_.coding.value_or(Coding::identity);
  const bool large = streaming_ || selection_.coding != Coding::identity ||
                     view(response_.body).size() >= options_.compression.min_bytes;
  if (!large || response_.status < 200 || response_.status == 204 || response_.status == 304) return;
  if (!offers_codings(response_.content_type) || has_header(response_, "Content-Encoding")) return;
  selection_.varies = true;
  if (!selection_.encoded) selection_.coding = preferred_coding();
}

bool Connection::offers_codings(std::string_view content_type) const noexcept {
  const CompressionOptions& compression = options_.compression;
  return compression.enabled && !compression.algorithms.empty() && is_compressible(content_type);
}

Coding Connection::preferred_coding() const noexcept {
  AcceptedCodings accepted;
  for_each_field(request_, "accept-encoding", [&](std::string_view field) { accepted.add(field); });
  return accepted.choose(options_.compression.algorithms);
}

Coding Connection::choose_coding(std::string_view content_type, std::size_t identity_bytes) const noexcept {
  if (identity_bytes < options_.compression.min_bytes || !offers_codings(content_type)) return Coding::identity;
  return preferred_coding();
}

bool Connection::must_encode() const noexcept {
  return selection_.made && selection_.coding != Coding::identity && !selection_.encoded && !streaming_ &&
         request_.method != Method::head && response_.status >= 200 && response_.status != 204 &&
         response_.status != 304;
}

bool Connection::encodes_elsewhere() {
  if (broken_ || ending_ != Ending::none || streaming_ || !responded_) return false;
  if (view(response_.body).size() <= encoded_at_once_max) return false;
  select_representation();
  return must_encode();
}

void Connection::encode_at_once() {
  Bytes output = http::encode(selection_.coding, options_.compression.level, view(response_.body));
  original_ = std::exchange(response_.body, std::move(output));
  selection_.encoded = true;
}

// False: too much is being encoded already, and nothing has happened. On its way the job can be stopped by give_up().
boost::asio::awaitable<bool> Connection::run_elsewhere(std::shared_ptr<EncodingJob> job) {
  job_ = job;
  std::function<void()> work = [job] { job->run(); };
  const bool ran = co_await thread_.shared.compute->run(std::move(work), job->input_bytes());
  job_.reset();
  co_return ran;
}

// If it takes too long, or cannot be had, the body leaves as it is.
boost::asio::awaitable<void> Connection::encode_elsewhere() {
  const auto job =
      std::make_shared<EncodingJob>(selection_.coding, options_.compression.level, std::move(response_.body));
  const bool ran = co_await run_elsewhere(job);
  if (!ran) thread_.counters.encodings_refused.add(1);
  if (ran && !job->failure()) {
    response_.body = job->take_output();
    original_ = job->take_input();
    selection_.encoded = true;
  } else {
    response_.body = job->take_input();
    selection_.coding = Coding::identity;
  }
}

boost::asio::awaitable<std::optional<Bytes>> Connection::encode(Coding coding, std::string_view body) {
  if (coding == Coding::identity || broken_ || ending_ != Ending::none) co_return std::nullopt;
  const auto job = std::make_shared<EncodingJob>(coding, options_.compression.level, body);
  if (body.size() <= encoded_at_once_max) {
    job->run();
  } else {
    const bool ran = co_await run_elsewhere(job);
    if (!ran) thread_.counters.encodings_refused.add(1);
    if (!ran) co_return std::nullopt;
  }
  if (job->failure()) co_return std::nullopt;
  co_return job->take_output();
}

void Connection::begin_encoding() {
  if (selection_.coding == Coding::identity || selection_.encoded || request_.method == Method::head) return;
  encoder_ = make_encoder(selection_.coding, options_.compression.level);
  flushed_ = Clock::now();
}

boost::asio::awaitable<Bytes> Connection::encode_chunk(Bytes chunk) {
  const Clock::time_point now = Clock::now();
  const bool flush = chunk.empty() || now - flushed_ >= flush_period;
  if (flush) flushed_ = now;
  const bool large = chunk.size() > encoded_at_once_max;
  const auto job =
      std::make_shared<EncodingJob>(encoder_, flush ? Encoder::Until::flush : Encoder::Until::more, std::move(chunk));
  bool ran = false;
  if (large) ran = co_await run_elsewhere(job);
  if (!ran) job->run();  // what has begun in a coding must go on in it, whoever has the time
  if (job->failure()) std::rethrow_exception(job->failure());
  co_return job->take_output();
}

void Connection::end_stream() {
  if (request_.method == Method::head || body_forbidden()) return;
  if (encoder_ != nullptr) {
    try {
      Bytes rest;
      encoder_->encode({}, Encoder::Until::end, rest);
      add_chunk(std::move(rest));
    } catch (...) {
      broken_ = true;  // a part must not pass for the whole
      return;
    }
    encoder_.reset();
  }
  if (!parser_.framing().http_1_0) output_.text().append("0\r\n\r\n");
}

}  // namespace freshet::http
