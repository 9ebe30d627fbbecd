#pragma once
// One thread of the listener: its io_context, its listening socket and its connections. Everything that a connection
// touches is its thread's own, but for `Shared`, which does not change while the server runs.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/cors.hpp"
#include "http/handler.hpp"
#include "http/request_id.hpp"
#include "http/request_parser.hpp"
#include "http/response_head.hpp"
#include "http/server.hpp"

namespace boost::asio::ssl {
class context;
}

namespace freshet::http {

class ComputePool;
class Connection;

// Connections know their executor's type: calls through a type-erased one cost as much as a small request.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Endpoint = boost::asio::ip::tcp::endpoint;

/// What all threads of a server share.
struct Shared {
  /// Throws config: CORS, the certificate.
  Shared(ServerOptions server_options, std::shared_ptr<Handler> server_handler, AccessObserver* access_observer);

  ServerOptions options;
  std::shared_ptr<Handler> handler;
  AccessObserver* observer = nullptr;
  Cors cors;
  ParserLimits limits;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain HTTP
  std::atomic<unsigned> connections_open{0};
  ComputePool* compute = nullptr;  // outlives the threads' last coroutine
};

/// A figure that one thread writes and any thread reads.
class Counter {
 public:
  void add(std::uint64_t count) noexcept { value_.store(get() + count, std::memory_order_relaxed); }
  void subtract(std::uint64_t count) noexcept { value_.store(get() - count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) Counters {
  Counter accepted, open, refused, refusing;
  Counter requests, in_flight, bytes_in, bytes_out, timeouts, bad_requests, encodings_refused;
};

class IoThread {
 public:
  /// Binds and listens on `endpoint`, sharing the port with the other threads. Throws boost::system::system_error.
  IoThread(Shared& shared, const Endpoint& endpoint);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] Endpoint endpoint() const { return acceptor_.local_endpoint(); }
  void start();

  // From any thread, while this one runs:
  /// Refuses new connections, ends idle ones and lets the others finish.
  void drain();
  /// Cuts what is left; adds the number of unfinished requests to `cut`.
  void cut(std::atomic<std::size_t>& cut);
  /// Ends the thread.
  void stop();

  // For connections, on this thread:
  Shared& shared;
  Counters counters;
  RequestIds ids;
  HeadWriter heads;
  [[nodiscard]] bool draining() const noexcept { return draining_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  void enter(Connection& connection);

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;
  using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                  boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  void accept();
  void accepted(const boost::system::error_code& error, Socket socket);
  void retry_accept_later();
  void sweep_later();
  void sweep();
  template <class Visit>
  void for_each_connection(Visit&& visit);

  struct Connections;
  std::unique_ptr<Connections> connections_;  // outlives context_, whose end destroys what is left of them
  boost::asio::io_context context_;
  Acceptor acceptor_;
  Endpoint peer_;
  Timer retry_, sweeper_;
  bool sweeping_ = false;
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace freshet::http
