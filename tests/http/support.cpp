#include "http/support.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace freshet::http::test {
namespace {

namespace asio = boost::asio;

bool wait_for(int descriptor, short events) {
  pollfd waiting{.fd = descriptor, .events = events, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) > 0;
}

// Lines "name: value" of a head, the status line left out.
template <class Visit>
void for_each_header(std::string_view head, Visit&& visit) {
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos) {
    head.remove_prefix(at + 2);
    at = head.find("\r\n");
    const std::string_view line = head.substr(0, at);
    const std::size_t colon = std::min(line.find(':'), line.size());
    visit(line.substr(0, colon), trim(line.substr(std::min(colon + 1, line.size()))));
  }
}

}  // namespace

std::optional<std::string> Reply::header(std::string_view name) const {
  std::optional<std::string> found;
  for_each_header(head, [&](std::string_view known, std::string_view value) {
    if (!found && equal_ignoring_case(known, name)) found = std::string(value);
  });
  return found;
}

std::size_t Reply::count(std::string_view name) const {
  std::size_t sum = 0;
  for_each_header(head, [&](std::string_view known, std::string_view) { sum += equal_ignoring_case(known, name); });
  return sum;
}

Client::Client(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor_);
    descriptor_ = -1;
    throw std::runtime_error("connection refused");
  }
}

Client::~Client() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(descriptor_, POLLOUT)) return false;
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Client::fill() {
  if (!wait_for(descriptor_, POLLIN)) throw std::runtime_error("the server keeps silent");
  std::array<char, 65536> chunk{};
  const ssize_t count = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
  if (count < 0) reset_ = true;
  if (count <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

bool Client::need(std::size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) return false;
  }
  return true;
}

bool Client::need_line(std::string& line) {
  std::size_t end = buffer_.find("\r\n");
  while (end == std::string::npos) {
    if (!fill()) return false;
    end = buffer_.find("\r\n");
  }
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return true;
}

std::string Client::read_chunked(bool& whole) {
  std::string body, line;
  whole = false;
  while (need_line(line)) {
    const std::size_t size = std::stoul(line, nullptr, 16);
    if (!need(size + 2)) break;
    body.append(buffer_, 0, size);
    if (buffer_.compare(size, 2, "\r\n") != 0) throw std::runtime_error("a chunk has no end");
    buffer_.erase(0, size + 2);
    if (size == 0) {
      whole = true;
      break;
    }
  }
  return body;
}

Reply Client::read(bool head_only) {
  Reply reply;
  std::size_t end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!fill()) return reply;
    end = buffer_.find("\r\n\r\n");
  }
  reply.head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(9, 3)));
  reply.whole = true;
  if (head_only || reply.status < 200 || reply.status == 204 || reply.status == 304) return reply;
  if (const auto length = reply.header("Content-Length")) {
    const std::size_t count = std::stoul(*length);
    reply.whole = need(count);
    reply.body = buffer_.substr(0, count);
    buffer_.erase(0, count);
  } else if (reply.header("Transfer-Encoding")) {
    reply.body = read_chunked(reply.whole);
  } else {
    reply.body = rest();
  }
  return reply;
}

Reply Client::ask(std::string_view request) {
  send(request);
  return read();
}

bool Client::ended() {
  if (!buffer_.empty()) return false;
  return !fill() && !reset_;
}

std::string Client::rest() {
  while (fill()) continue;
  return std::exchange(buffer_, {});
}

void Client::read_some(std::size_t count) {
  if (need(count)) buffer_.clear();
}

void Client::stop_sending() { ::shutdown(descriptor_, SHUT_WR); }

void Client::vanish() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(descriptor_, -1));
}

std::size_t Client::pending() const {
  int count = 0;
  ioctl(descriptor_, FIONREAD, &count);
  return buffer_.size() + static_cast<std::size_t>(count);
}

void Client::shrink_receive_buffer(int bytes) { setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); }

asio::awaitable<void> Gate::pass() {
  const auto executor = co_await asio::this_coro::executor;
  const auto timer = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  {
    const std::lock_guard lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    if (open_) co_return;
    waiting_.push_back(timer);
  }
  bool cancelled = false;
  try {
    co_await timer->async_wait(asio::use_awaitable);
  } catch (const boost::system::system_error&) {
    const std::lock_guard lock(mutex_);
    std::erase(waiting_, timer);  // a timer must not outlive its server
    cancelled = !open_;
    if (cancelled) {
      ++cancelled_;
      changed_.notify_all();
    }
  }
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  for (const auto& timer : waiting_) {
    asio::post(timer->get_executor(), [timer] { timer->cancel(); });
  }
}

void Gate::wait_for_arrivals(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return arrived_ >= count; })) {
    throw std::runtime_error("nobody came to the gate");
  }
}

std::size_t Gate::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

void Gate::wait_for_cancelled(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return cancelled_ >= count; })) {
    throw std::runtime_error("nobody was cancelled at the gate");
  }
}

bool FakeHandler::try_serve(Exchange& exchange) noexcept {
  const auto found = at_once.find(exchange.request().path);
  if (found == at_once.end()) return false;
  found->second(exchange);
  return true;
}

asio::awaitable<void> FakeHandler::serve(Exchange& exchange) {
  const auto found = waiting.find(exchange.request().path);
  if (found == waiting.end()) throw Error(ErrorKind::not_found, "no such path");
  co_await found->second(exchange);
}

std::string FakeHandler::allowed(std::string_view raw_path) const {
  const auto found = methods.find(raw_path);
  return found == methods.end() ? std::string() : found->second;
}

void Records::finished(const AccessRecord& record) noexcept {
  const Request& request = *record.request;
  const std::lock_guard lock(mutex_);
  records_.push_back({.method = std::string(request.method_text),
                      .target = std::string(request.target),
                      .route = std::string(record.route),
                      .request_id = std::string(request.request_id),
                      .error = std::string(record.error),
                      .remote = std::string(request.remote),
                      .status = record.status,
                      .bytes_out = record.bytes_out,
                      .database_wait_us = record.database_wait_us,
                      .database_run_us = record.database_run_us});
  changed_.notify_all();
}

std::vector<Records::Record> Records::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return records_.size() >= count; })) {
    throw std::runtime_error("too few records");
  }
  return records_;
}

Response text_response(std::string text, unsigned status) {
  Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

void respond_text(Exchange& exchange, std::string text) { exchange.respond(text_response(std::move(text))); }

namespace {

asio::awaitable<void> serve_slow(Gate& gate, Exchange& exchange) {
  co_await gate.pass();
  respond_text(exchange, "slow");
}

}  // namespace

Fixture::Fixture(ServerOptions options, const std::function<void(FakeHandler&)>& prepare) {
  options.port = 0;
  if (options.threads == 0) options.threads = 1;
  handler->at_once["/hello"] = [](Exchange& exchange) { respond_text(exchange, "hello"); };
  handler->at_once["/echo"] = [](Exchange& exchange) { respond_text(exchange, std::string(exchange.request().body)); };
  handler->waiting["/slow"] = [this](Exchange& exchange) { return serve_slow(gate, exchange); };
  handler->methods["/hello"] = "GET, HEAD, OPTIONS";
  if (prepare) prepare(*handler);
  server = std::make_unique<Server>(std::move(options), handler, &records);
  server->start();
}

Fixture::~Fixture() {
  gate.open();
  server.reset();
}

std::string get(std::string_view path, std::string_view headers) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view headers) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace freshet::http::test
