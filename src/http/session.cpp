#include "http/session.hpp"

#include <cerrno>
#include <type_traits>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include "http/connection.hpp"
#include "http/tls.hpp"

#include <sys/socket.h>

namespace freshet::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto token = asio::as_tuple(asio::deferred);

constexpr std::size_t read_room_min = 1024;
constexpr std::size_t input_kept = 16 * 1024;        // more is given back between requests
constexpr std::size_t batch_bytes_max = 256 * 1024;  // answers to pipelined requests that wait for one another
constexpr std::size_t body_step = 64 * 1024;
constexpr std::size_t linger_bytes_max = 1024 * 1024;  // read and thrown away, so that the peer sees the answer
constexpr std::chrono::milliseconds linger_time{2000};
constexpr std::chrono::milliseconds linger_time_draining{200};

constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

template <class Stream>
class Session final : public Connection {
 public:
  static constexpr bool tls = !std::is_same_v<Stream, Socket>;

  template <class... Args>
  Session(IoThread& thread, const Endpoint& peer, bool room, Args&&... args)
      : Connection(thread, peer, room), room_(room), stream_(std::forward<Args>(args)...) {
    error_code ignored;
    socket().non_blocking(true, ignored);
  }

  asio::awaitable<void> run();

 private:
  [[nodiscard]] Socket& socket() noexcept {
    if constexpr (tls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  [[nodiscard]] int descriptor() noexcept override { return socket().native_handle(); }
  void cancel_io() noexcept override {
    error_code ignored;
    socket().cancel(ignored);
  }
  void close_now() noexcept override {
    error_code ignored;
    socket().close(ignored);
  }
  void shutdown_sending() noexcept {
    error_code ignored;
    socket().shutdown(Socket::shutdown_send, ignored);
  }
  Sent send_now() noexcept override;
  void send_last() noexcept override;
  asio::awaitable<bool> send_all() override;

  asio::awaitable<bool> handshake();
  asio::awaitable<void> serve_requests();
  bool received(const error_code& error, std::size_t count);
  asio::awaitable<bool> read_body();
  asio::awaitable<bool> read_sized_body();
  asio::awaitable<bool> read_chunked_body();
  asio::awaitable<bool> read_into(char* to, std::size_t room, std::size_t& count);
  asio::awaitable<void> invite_body();
  bool take_whole_body();
  asio::awaitable<void> serve_waiting();
  asio::awaitable<void> encode_away();
  asio::awaitable<void> refuse(Refusal refusal);
  asio::awaitable<void> end();
  void after_request();
  void count_sent(std::size_t count) noexcept { thread_.counters.bytes_out.add(count); }

  const bool room_;
  Stream stream_;
  std::size_t used_ = 0;  // bytes of input_ that the request takes
};

// ---- sending

template <class Stream>
Connection::Sent Session<Stream>::send_now() noexcept {
  // What TLS has encrypted it must send: a write that fails halfway cannot be tried again, so it always waits.
  if constexpr (tls) return output_.empty() ? Sent::all : Sent::blocked;
  while (!output_.empty()) {
    const Output::Pieces pieces = output_.gather();
    error_code error;
    // One piece, the usual case, needs no list of pieces, which the kernel would have to take in.
    const std::size_t count = pieces.size() == 1
                                  ? socket().send(asio::const_buffers_1(pieces.front()), MSG_NOSIGNAL, error)
                                  : socket().send(pieces, MSG_NOSIGNAL, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return Sent::blocked;
    if (error) return Sent::failed;
    output_.sent(count);
    count_sent(count);
  }
  return Sent::all;
}

template <class Stream>
void Session<Stream>::send_last() noexcept {
  if constexpr (tls) {
    error_code ignored;
    count_sent(stream_.write_some(output_.gather(), ignored));
  } else {
    static_cast<void>(send_now());
  }
  shutdown_sending();
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::send_all() {
  for (;;) {
    const Sent sent = send_now();
    if (sent != Sent::blocked) co_return sent == Sent::all;
    arm_writing();
    const Output::Pieces pieces = output_.gather();
    auto operation = stream_.async_write_some(pieces, token);
    const auto [error, count] = co_await std::move(operation);
    if (error) co_return false;
    output_.sent(count);
    count_sent(count);
  }
}

// ---- receiving

template <class Stream>
bool Session<Stream>::received(const error_code& error, std::size_t count) {
  if (error) return false;
  now_ = Clock::now();
  thread_.counters.bytes_in.add(count);
  if (phase_ == Phase::idle) arm(Phase::head, now_ + options_.header_timeout);
  input_.commit(count);
  return true;
}

// The usual case: the body came with its head, or there is none.
template <class Stream>
bool Session<Stream>::take_whole_body() {
  const Framing& framing = parser_.framing();
  used_ = framing.head_bytes;
  if (framing.chunked) return false;
  const std::string_view rest = input_.unread().substr(used_);
  if (rest.size() < framing.content_length) return false;
  request_.body = rest.substr(0, framing.content_length);
  used_ += framing.content_length;
  return true;
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::read_body() {
  arm(Phase::body, now_ + options_.body_timeout);
  if (!output_.empty()) {
    const bool sent = co_await send_all();
    if (!sent) co_return false;
    arm(Phase::body, now_ + options_.body_timeout);
  }
  if (parser_.framing().expects_continue && input_.unread().size() == used_) {
    output_.text().append(continue_text);
    const bool sent = co_await send_all();
    if (!sent) co_return false;
    arm(Phase::body, now_ + options_.body_timeout);
  }
  // g++ 12 destroys the operands of a conditional expression twice when it is awaited.
  bool complete = false;
  if (parser_.framing().chunked) {
    complete = co_await read_chunked_body();
  } else {
    complete = co_await read_sized_body();
  }
  if (complete) {
    request_.body = body_.view();
    arm(Phase::handling, now_ + options_.request_timeout);
  }
  co_return complete;
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::read_into(char* to, std::size_t room, std::size_t& count) {
  auto operation = stream_.async_read_some(asio::buffer(to, room), token);
  const auto [error, got] = co_await std::move(operation);
  count = got;
  if (error) co_return false;
  now_ = Clock::now();
  thread_.counters.bytes_in.add(got);
  co_return true;
}

// Reads no byte beyond the body: what follows stays where it is until this request is answered.
template <class Stream>
asio::awaitable<bool> Session<Stream>::read_sized_body() {
  const std::string_view came_along = input_.unread().substr(used_);
  const std::size_t length = parser_.framing().content_length;
  body_.append(came_along);
  input_.truncate(used_);
  while (body_.size() < length) {
    const std::size_t step = std::min(length - body_.size(), body_step);
    std::size_t count = 0;
    char* const room = body_.prepare(step);
    const bool more = co_await read_into(room, step, count);
    if (!more) co_return false;
    body_.commit(count);
  }
  co_return true;
}

// The head stays in input_, because the request's views point there; chunks pass through after_.
template <class Stream>
asio::awaitable<bool> Session<Stream>::read_chunked_body() {
  after_.append(input_.unread().substr(used_));
  input_.truncate(used_);
  for (;;) {
    std::size_t used = 0;
    const RequestParser::Verdict verdict = parser_.chunks(after_.unread(), used, body_);
    after_.consume(used);
    if (verdict != RequestParser::Verdict::need_more) co_return verdict == RequestParser::Verdict::complete;
    const std::span<char> room = after_.prepare(read_room_min);
    std::size_t count = 0;
    const bool more = co_await read_into(room.data(), room.size(), count);
    if (!more) co_return false;
    after_.commit(count);
  }
}

// ---- serving

template <class Stream>
asio::awaitable<void> Session<Stream>::run() {
  const bool open = co_await handshake();
  if (!open) co_return;
  if (room_) {
    co_await serve_requests();
  } else {
    const Refusal refusal{503, "the server has as many connections as it may have"};
    co_await refuse(refusal);
  }
  report();
  co_await end();
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::handshake() {
  if constexpr (tls) {
    arm(Phase::handshake, now_ + options_.header_timeout);
    auto operation = stream_.async_handshake(asio::ssl::stream_base::server, token);
    const auto [error] = co_await std::move(operation);
    if (error) {
      thread_.counters.bad_requests.add(1);
      co_return false;
    }
    now_ = Clock::now();
  }
  arm(Phase::idle, now_ + options_.idle_timeout);
  co_return true;
}

// The loop of the connection. What runs for every request is called, not awaited: a coroutine's frame would be
// allocated each time.
template <class Stream>
asio::awaitable<void> Session<Stream>::serve_requests() {
  while (!broken_ && keep_alive_) {
    if (!input_.empty()) report();  // the next request takes the place of the one that was answered
    const RequestParser::Verdict verdict = parser_.head(input_.unread(), request_);
    if (verdict == RequestParser::Verdict::need_more) {
      if (!output_.empty()) {
        const Sent sent = send_now();
        if (sent == Sent::failed) co_return;
        if (sent == Sent::blocked) {
          const bool all = co_await send_all();
          if (!all) co_return;
        }
      }
      report();
      if (input_.empty()) {
        if (thread_.draining()) co_return;
        arm(Phase::idle, now_ + options_.idle_timeout);
        if (input_.capacity() > input_kept) input_.release();
      } else if (phase_ != Phase::head) {
        arm(Phase::head, now_ + options_.header_timeout);
      }
      const std::span<char> room = input_.prepare(read_room_min);
      auto operation = stream_.async_read_some(asio::buffer(room.data(), room.size()), token);
      const auto [error, count] = co_await std::move(operation);
      if (received(error, count)) continue;
      if (phase_ == Phase::head && ending_ == Ending::timed_out) {
        const Refusal late{408, "the request's head took too long to arrive"};
        co_await refuse(late);
      }
      co_return;
    }
    if (verdict == RequestParser::Verdict::refused) {
      co_await refuse(parser_.refusal());
      co_return;
    }
    begin_request();
    if (!take_whole_body()) {
      const bool complete = co_await read_body();
      if (!complete) {
        if (parser_.refusal().status != 0) {
          co_await refuse(parser_.refusal());
        } else if (ending_ == Ending::timed_out) {
          const Refusal late{408, "the request's body took too long to arrive"};
          co_await refuse(late);
        }
        co_return;
      }
    }
    if (serve_at_once()) {
      if (encodes_elsewhere()) co_await encode_away();
      if (!broken_) compose();
    } else {
      co_await serve_waiting();
    }
    after_request();
    if (output_.size() > batch_bytes_max && send_now() == Sent::blocked) {
      const bool all = co_await send_all();
      if (!all) co_return;
    }
  }
  if (broken_) co_return;
  const bool sent = co_await send_all();
  broken_ = !sent;
}

// Input that the request took is given up when it is over; until then its views must hold.
template <class Stream>
void Session<Stream>::after_request() {
  input_.consume(used_);
  used_ = 0;
  if (!after_.empty()) {
    report();  // the request's views end with the buffer
    std::swap(input_, after_);
    after_.release();
  }
  parser_.reset();
}

template <class Stream>
asio::awaitable<void> Session<Stream>::serve_waiting() {
  if (!output_.empty()) {  // answers to earlier requests do not wait for this one
    const bool sent = co_await send_all();
    if (!sent) {
      broken_ = true;
      co_return;
    }
    arm(Phase::handling, now_ + options_.request_timeout);
  }
  std::exception_ptr failure;
  try {
    co_await thread_.shared.handler->serve(*this);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  settle(failure);
  if (!broken_) ending_ = Ending::none;
  if (encodes_elsewhere()) co_await encode_away();
  if (broken_) co_return;
  if (!streaming_) {
    compose();
  } else {
    end_stream();
  }
  ending_ = Ending::none;
}

// The peer may go away, the server end, or the time be up while another thread encodes the answer; the last is no
// reason not to give it.
template <class Stream>
asio::awaitable<void> Session<Stream>::encode_away() {
  co_await encode_elsewhere();
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  settle(nullptr);
  if (!broken_) ending_ = Ending::none;
}

template <class Stream>
asio::awaitable<void> Session<Stream>::refuse(Refusal refusal) {
  ending_ = Ending::none;
  compose_refusal(refusal);
  const bool sent = co_await send_all();
  broken_ = !sent;
}

// Closing with bytes unread would reset the connection, and the peer might never see the answer that it was just sent.
template <class Stream>
asio::awaitable<void> Session<Stream>::end() {
  if (broken_ || ending_ == Ending::cut || !socket().is_open()) co_return;
  ending_ = Ending::none;
  arm(Phase::lingering, Clock::now() + (thread_.draining() ? linger_time_draining : linger_time));
  if constexpr (tls) {
    auto operation = stream_.async_shutdown(token);
    static_cast<void>(co_await std::move(operation));
  }
  shutdown_sending();
  if (ending_ != Ending::none) co_return;
  if (keep_alive_) co_return;  // ended by the peer, or while it was idle
  input_.release();
  for (std::size_t thrown_away = 0; thrown_away < linger_bytes_max;) {
    const std::span<char> room = input_.prepare(input_kept);
    auto operation = socket().async_read_some(asio::buffer(room.data(), room.size()), token);
    const auto [error, count] = co_await std::move(operation);
    if (error) co_return;
    thrown_away += count;
  }
}

template <class Stream, class... Args>
void spawn(IoThread& thread, const Endpoint& peer, bool room, Args&&... args) {
  const auto session = std::make_shared<Session<Stream>>(thread, peer, room, std::forward<Args>(args)...);
  // The handler holds the session, whose signal must outlive the coroutine that listens to it.
  asio::co_spawn(thread.context(), session->run(),
                 asio::bind_cancellation_slot(session->slot(), [session](const std::exception_ptr&) {}));
}

}  // namespace

void start_session(IoThread& thread, Socket socket, const Endpoint& peer, bool room) {
  if (thread.shared.tls == nullptr) {
    spawn<Socket>(thread, peer, room, std::move(socket));
  } else {
    spawn<asio::ssl::stream<Socket>>(thread, peer, room, std::move(socket), *thread.shared.tls);
  }
}

}  // namespace freshet::http
