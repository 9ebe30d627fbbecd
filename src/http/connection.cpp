#include "http/connection.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "http/conditional.hpp"
#include "http/problem.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace freshet::http {
namespace {

constexpr std::chrono::milliseconds peer_check_after{100};  // younger requests end before anybody could notice
constexpr std::chrono::seconds cancel_grace{1};             // for a handler to hear that its time is up
constexpr std::size_t body_memory_kept = 64 * 1024;
constexpr std::string_view every_method = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

std::string text_of(const Endpoint& peer) {
  const std::string address = peer.address().to_string();
  return (peer.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(peer.port());
}

std::string log_text(const Error& error) {
  std::string text = error.message();
  if (!error.log_detail().empty()) text += ": " + error.log_detail();
  if (error.place()) text += " (" + error.place()->file + ":" + std::to_string(error.place()->line) + ")";
  return text;
}

constexpr bool has_no_body(unsigned status) noexcept { return status < 200 || status == 204 || status == 304; }

}  // namespace

Connection::Connection(IoThread& thread, const Endpoint& peer, bool counted)
    : thread_(thread),
      options_(thread.shared.options),
      parser_(thread.shared.limits),
      now_(Clock::now()),
      counted_(counted),
      remote_(text_of(peer)) {
  (counted_ ? thread_.counters.open : thread_.counters.refusing).add(1);
  thread_.enter(*this);
}

Connection::~Connection() {
  report();
  (counted_ ? thread_.counters.open : thread_.counters.refusing).subtract(1);
  if (counted_) thread_.shared.connections_open.fetch_sub(1, std::memory_order_acq_rel);
}

// ---- the stations of a request

void Connection::begin_request() {
  const Framing& framing = parser_.framing();
  thread_.counters.requests.add(1);
  thread_.counters.in_flight.add(1);
  record_pending_ = true;
  keep_alive_ = framing.keep_alive && !thread_.draining();
  request_.remote = remote_;
  request_.tls = thread_.shared.tls != nullptr;
  request_.started = now_;
  request_.body = {};
  if (request_id_is_sane(framing.request_id)) {
    request_.request_id = framing.request_id;
  } else {
    thread_.ids.next(own_id_);
    request_.request_id = {own_id_.data(), own_id_.size()};
  }
  responded_ = streaming_ = head_sent_ = false;
  selection_ = Selection();
  encoder_.reset();
  route_ = {};
  status_ = 0;
  bytes_out_ = database_wait_us_ = database_run_us_ = 0;
  error_.clear();
  extra_headers_.clear();
  arm(Phase::handling, now_ + options_.request_timeout);
}

bool Connection::serve_at_once() {
  if (request_.method == Method::options && answer_options()) return true;
  return thread_.shared.handler->try_serve(*this) && responded_;
}

bool Connection::answer_options() {
  try {
    const std::string methods =
        request_.target == "*" ? std::string(every_method) : thread_.shared.handler->allowed(request_.path);
    if (methods.empty()) return false;
    Response answer;
    answer.status = 204;
    answer.headers.emplace_back("Allow", methods);
    const Cors& cors = thread_.shared.cors;
    if (cors.is_preflight(request_, parser_.framing().origin)) {
      cors.append_preflight(extra_headers_, request_, methods);
    }
    respond(std::move(answer));
  } catch (...) {
    fail(std::current_exception());
  }
  return true;
}

void Connection::respond(Response response) {
  if (streaming_ || ending_ == Ending::abandoned) return;
  response_ = std::move(response);
  selection_ = Selection();
  responded_ = true;
}

void Connection::set_database_time(std::uint64_t wait_us, std::uint64_t run_us) {
  database_wait_us_ = wait_us;
  database_run_us_ = run_us;
}

void Connection::answer(const Error& error) {
  error_ = log_text(error);
  response_ = problem(error, request_.request_id);
  selection_ = Selection();
  responded_ = true;
}

void Connection::fail(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    answer(error);
  } catch (const std::exception& error) {
    answer(Error(ErrorKind::internal, error.what()));
  } catch (...) {
    answer(Error(ErrorKind::internal, "an exception of unknown type"));
  }
}

void Connection::settle(std::exception_ptr failure) {
  if (broken_) return;
  if (ending_ == Ending::peer_gone || ending_ == Ending::cut) {
    broken_ = true;
    status_ = status_of(ErrorKind::cancelled);
    error_ = ending_ == Ending::cut ? "cut by the end of the drain" : "the client went away";
    return;
  }
  if (!failure && (responded_ || streaming_)) return;
  // HEAD: the writer ends the handler's work by an exception, once the head is all that is needed.
  if (streaming_ && head_sent_ && request_.method == Method::head) return;
  if (ending_ == Ending::timed_out) {
    const std::string limit = std::to_string(options_.request_timeout.count()) + " ms";
    failure = std::make_exception_ptr(Error(ErrorKind::timeout, "the request took longer than " + limit));
  } else if (!failure) {
    failure = std::make_exception_ptr(Error(ErrorKind::internal, "the handler gave no answer"));
  }
  const bool too_late = streaming_ && head_sent_;
  if (!too_late) bytes_out_ = 0;
  streaming_ = false;
  output_.clear();
  fail(failure);
  broken_ = too_late;
}

void Connection::compose() {
  replace_unsafe_headers();
  select_representation();
  if (must_encode()) encode_at_once();
  const std::size_t before = output_.size();
  append_head(response_, view(response_.body).size());
  if (request_.method != Method::head && !has_no_body(response_.status)) output_.add(std::move(response_.body));
  bytes_out_ += output_.size() - before;
  response_.body = std::string_view();  // nothing is held between requests
  original_ = std::string_view();
}

bool Connection::body_forbidden() const noexcept { return has_no_body(status_); }

void Connection::replace_unsafe_headers() {
  for (const auto& [name, value] : response_.headers) {
    if (header_is_safe(name, value)) continue;
    answer(Error(ErrorKind::internal, "the answer has a header that cannot be sent: " + name));
    return;
  }
}

void Connection::append_head(const Response& response, std::size_t length) {
  status_ = response.status;
  Bytes& out = output_.text();
  thread_.heads.begin(out, response.status);
  append_body_headers(response, length);
  append_representation_headers(response);
  append_header(out, "X-Request-Id", request_.request_id);
  for (const auto& [name, value] : response.headers) {
    if (!header_is_reserved(name)) append_header(out, name, value);
  }
  out.append(response.head_lines);
  if (response.age) {
    append_header(out, "Age", static_cast<std::uint64_t>(std::max<std::int64_t>(0, response.age->count())));
  }
  if (thread_.shared.cors.enabled()) thread_.shared.cors.append_headers(out, parser_.framing().origin);
  out.append(extra_headers_.view());
  append_connection_header();
  out.append("\r\n");
}

void Connection::append_body_headers(const Response& response, std::size_t length) {
  if (has_no_body(response.status)) return;
  Bytes& out = output_.text();
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  if (!streaming_) {
    // To HEAD: what the length would be, only encoding would tell.
    const bool unknown =
        request_.method == Method::head && selection_.coding != Coding::identity && !selection_.encoded;
    if (!unknown) append_header(out, "Content-Length", length);
  } else if (parser_.framing().http_1_0) {
    keep_alive_ = false;  // the end of the connection is the end of the body
  } else {
    out.append("Transfer-Encoding: chunked\r\n");
  }
}

void Connection::append_representation_headers(const Response& response) {
  Bytes& out = output_.text();
  if (selection_.varies) out.append("Vary: Accept-Encoding\r\n");
  if (selection_.coding != Coding::identity && !has_no_body(response.status)) {
    append_header(out, "Content-Encoding", to_string(selection_.coding));
  }
  if (!response.entity_tag.empty()) {
    out.append("ETag: \"");
    out.append(response.entity_tag.view());
    out.append(tag_suffix(selection_.coding));
    out.append("\"\r\n");
  }
  if (options_.server_timing && database_wait_us_ + database_run_us_ != 0) append_server_timing();
}

void Connection::append_server_timing() {
  std::array<char, 96> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "db_wait;dur=%.3f, db_run;dur=%.3f",
                    static_cast<double>(database_wait_us_) / 1000.0, static_cast<double>(database_run_us_) / 1000.0);
  append_header(output_.text(), "Server-Timing", {text.data(), static_cast<std::size_t>(length)});
}

void Connection::append_connection_header() {
  if (thread_.draining()) keep_alive_ = false;
  if (!keep_alive_) {
    output_.text().append("Connection: close\r\n");
  } else if (parser_.framing().http_1_0) {
    output_.text().append("Connection: keep-alive\r\n");
  }
}

void Connection::compose_refusal(const Refusal& refusal) {
  if (!record_pending_) begin_request();
  keep_alive_ = false;
  responded_ = true;
  error_ = refusal.detail;
  selection_ = Selection();
  if (refusal.status != 408) thread_.counters.bad_requests.add(1);
  switch (refusal.status) {
    case 400:
      response_ = problem(Error(ErrorKind::bad_request, error_), request_.request_id);
      break;
    case 408:
      response_ = problem(Error(ErrorKind::request_timeout, error_), request_.request_id);
      break;
    case 413:
      response_ = problem(Error(ErrorKind::payload_too_large, error_), request_.request_id);
      break;
    case 414:
      response_ = problem(Error(ErrorKind::uri_too_long, error_), request_.request_id);
      break;
    case 431:
      response_ = problem(Error(ErrorKind::headers_too_large, error_), request_.request_id);
      break;
    case 503:
      response_ = problem(Error(ErrorKind::unavailable, error_).retry_after(1), request_.request_id);
      break;
    default:
      response_ = problem(refusal.status, refusal.detail, request_.request_id);
      break;
  }
  compose();
}

void Connection::report() noexcept {
  if (!record_pending_) return;
  record_pending_ = false;
  thread_.counters.in_flight.subtract(1);
  const Clock::time_point end = Clock::now();
  now_ = end;
  if (body_.capacity() > body_memory_kept) body_ = Bytes();
  body_.clear();
  if (thread_.shared.observer == nullptr) return;
  AccessRecord record;
  record.request = &request_;
  record.route = route_;
  record.status = status_;
  record.bytes_out = bytes_out_;
  record.duration = std::chrono::duration_cast<std::chrono::microseconds>(end - request_.started);
  record.database_wait_us = database_wait_us_;
  record.database_run_us = database_run_us_;
  record.error = error_;
  thread_.shared.observer->finished(record);
}

// ---- streamed answers

boost::asio::awaitable<BodyWriter*> Connection::stream(Response head) {
  if (broken_ || ending_ != Ending::none) throw Error(ErrorKind::cancelled, "nobody waits for this answer");
  response_ = std::move(head);
  replace_unsafe_headers();
  if (responded_) throw Error(ErrorKind::internal, error_);
  streaming_ = true;
  selection_ = Selection();
  select_representation();
  begin_encoding();
  const std::size_t before = output_.size();
  append_head(response_, 0);
  bytes_out_ += output_.size() - before;
  co_return this;
}

void Connection::add_chunk(Bytes chunk) {
  if (chunk.empty()) return;
  const std::size_t before = output_.size();
  const bool framed = !parser_.framing().http_1_0;
  if (framed) {
    std::array<char, 18> size{};
    const char* const end = std::to_chars(size.data(), size.data() + 16, chunk.size(), 16).ptr;
    output_.text().append({size.data(), static_cast<std::size_t>(end - size.data())});
    output_.text().append("\r\n");
  }
  output_.add(std::move(chunk));
  if (framed) output_.text().append("\r\n");
  bytes_out_ += output_.size() - before;
}

boost::asio::awaitable<void> Connection::write(Bytes chunk) {
  const bool body_wanted = request_.method != Method::head && !has_no_body(status_);
  if (broken_ || ending_ != Ending::none) throw Error(ErrorKind::cancelled, "nobody reads this answer");
  if (body_wanted && encoder_ != nullptr) {
    chunk = co_await encode_chunk(std::move(chunk));
    if (broken_ || ending_ != Ending::none) throw Error(ErrorKind::cancelled, "nobody reads this answer");
  }
  if (body_wanted) add_chunk(std::move(chunk));
  head_sent_ = true;
  Sent sent = send_now();
  if (sent == Sent::blocked) {
    const bool all = co_await send_all();
    sent = all ? Sent::all : Sent::failed;
  }
  if (sent == Sent::failed) {
    broken_ = true;
    if (error_.empty()) error_ = "the client went away";
    throw Error(ErrorKind::cancelled, "nobody reads this answer");
  }
  if (!body_wanted) throw Error(ErrorKind::cancelled, "the answer has no body");
  arm(Phase::handling, Clock::now() + options_.request_timeout);
}

// ---- what happens to a connection from outside

void Connection::look_at(Clock::time_point now) {
  if (phase_ == Phase::handling && ending_ == Ending::none && now - request_.started >= peer_check_after &&
      peer_closed()) {
    give_up(Ending::peer_gone);
  } else if (now >= deadline_) {
    on_deadline(now);
  }
}

void Connection::on_deadline(Clock::time_point now) {
  deadline_ = Clock::time_point::max();
  switch (phase_) {
    case Phase::idle:
    case Phase::lingering:
      ending_ = Ending::timed_out;
      cancel_io();
      break;
    case Phase::handshake:
    case Phase::head:
    case Phase::body:
      thread_.counters.timeouts.add(1);
      ending_ = Ending::timed_out;
      cancel_io();
      break;
    case Phase::writing:
      if (unacknowledged() < unacknowledged_) {
        arm_writing();
        break;
      }
      thread_.counters.timeouts.add(1);
      ending_ = Ending::timed_out;
      close_now();
      break;
    case Phase::handling:
      if (ending_ == Ending::none) {
        thread_.counters.timeouts.add(1);
        give_up(Ending::timed_out);
        if (phase_ == Phase::handling && ending_ == Ending::timed_out) deadline_ = now + cancel_grace;
      } else if (ending_ == Ending::timed_out && job_ != nullptr) {
        deadline_ = now + cancel_grace;  // what another thread encodes cannot be taken from it, but it has heard
      } else if (ending_ == Ending::timed_out) {
        abandon();
      }
      break;
  }
}

void Connection::arm_writing() noexcept {
  unacknowledged_ = unacknowledged();
  arm(Phase::writing, Clock::now() + options_.write_timeout);
}

// A socket is reported writable only when a good part of its buffer is free, which may be long for a slow reader; what
// the peer has acknowledged tells earlier that it reads.
int Connection::unacknowledged() noexcept {
  int bytes = 0;
  return ioctl(descriptor(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

void Connection::give_up(Ending why) {
  ending_ = why;
  deadline_ = Clock::time_point::max();
  if (job_ != nullptr) job_->stop();
  cancellation_.emit(boost::asio::cancellation_type::terminal);
}

// The handler did not hear that its time is up: the peer gets its answer all the same.
void Connection::abandon() {
  if (streaming_ && head_sent_) {
    close_now();
  } else {
    streaming_ = false;  // its head waits for a first chunk: settle() takes it back, so that the answer has but one
    settle(nullptr);
    keep_alive_ = false;
    compose();
    send_last();
    report();
  }
  ending_ = Ending::abandoned;
  broken_ = true;
}

void Connection::drain() {
  if (phase_ == Phase::lingering) ending_ = Ending::timed_out;
  if (phase_ == Phase::idle || phase_ == Phase::lingering) cancel_io();
}

bool Connection::cut() {
  const bool under_way = record_pending_;
  if (phase_ == Phase::handling) {
    give_up(Ending::cut);
  } else {
    ending_ = Ending::cut;
  }
  close_now();
  return under_way;
}

bool Connection::peer_closed() noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  return info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE || info.tcpi_state == TCP_LAST_ACK;
}

}  // namespace freshet::http
