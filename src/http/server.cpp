#include "http/server.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "http/compute_pool.hpp"
#include "http/io_thread.hpp"
#include "http/tls.hpp"

namespace freshet::http {
namespace {

using boost::asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_period{5};
constexpr std::size_t encoding_bytes_max = 16 * 1024 * 1024;  // br takes a thread 150 ms for it at level 4
constexpr std::chrono::seconds cut_grace{2};                  // for handlers whose connection was cut

std::string address_text(const ServerOptions& options) { return options.host + ":" + std::to_string(options.port); }

Error cannot_listen(const ServerOptions& options, const boost::system::error_code& error) {
  Error failure(ErrorKind::config, "cannot listen on " + address_text(options) + ": " + error.message());
  if (error == boost::system::errc::address_in_use) {
    return std::move(failure).hinting("another program has this port; choose another with server.port or --port");
  }
  if (error == boost::system::errc::permission_denied) {
    return std::move(failure).hinting("ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one");
  }
  if (error == boost::system::errc::address_not_available) {
    return std::move(failure).hinting("server.host is no address of this machine; 0.0.0.0 is all of IPv4, :: all");
  }
  return failure;
}

tcp::endpoint resolve(const ServerOptions& options) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(options.host, error);
  if (!error) return {address, options.port};
  boost::asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    throw Error(ErrorKind::config, "server.host `" + options.host + "` is neither an address nor a known name");
  }
  return found.begin()->endpoint();
}

// Sockets that share a port would share it with another instance of this program too, in silence. A socket that does
// not share finds out whether somebody listens already.
void check_port_is_free(const ServerOptions& options, const tcp::endpoint& endpoint) {
  boost::asio::io_context context;
  tcp::acceptor probe(context);
  boost::system::error_code error;
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  if (error) throw cannot_listen(options, error);
}

ServerOptions checked(ServerOptions options) {
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  if (options.connections_max == 0) throw Error(ErrorKind::config, "server.connections_max must be at least 1");
  return options;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, std::shared_ptr<Handler> handler, AccessObserver* observer);

  void wait_for_connections(Clock::time_point until) const;
  std::size_t cut_rest();

  Shared shared;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::uint16_t port = 0;
  std::mutex mutex;  // of start and drain
  bool started = false, drained = false;
  std::size_t requests_cut = 0;
  std::unique_ptr<ComputePool> compute;  // goes before the threads, whose coroutines wait for it
};

Server::Impl::Impl(ServerOptions options, std::shared_ptr<Handler> handler, AccessObserver* observer)
    : shared(checked(std::move(options)), std::move(handler), observer) {
  tcp::endpoint endpoint = resolve(shared.options);
  try {
    if (endpoint.port() != 0) check_port_is_free(shared.options, endpoint);
    for (unsigned i = 0; i < shared.options.threads; ++i) {
      threads.push_back(std::make_unique<IoThread>(shared, endpoint));
      endpoint.port(threads.back()->endpoint().port());
    }
  } catch (const boost::system::system_error& error) {
    throw cannot_listen(shared.options, error.code());
  }
  port = endpoint.port();
  const unsigned compute_threads = std::max(1U, shared.options.threads / 2);
  compute = std::make_unique<ComputePool>(compute_threads, compute_threads * encoding_bytes_max);
  shared.compute = compute.get();
}

void verify(const ServerOptions& options) { const Shared shared(checked(options), nullptr, nullptr); }

Server::Server(ServerOptions options, std::shared_ptr<Handler> handler, AccessObserver* observer)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler), observer)) {}

Server::~Server() { drain(); }

std::uint16_t Server::port() const noexcept { return impl_->port; }

void Server::start() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->started || impl_->drained) return;
  impl_->started = true;
  for (const auto& thread : impl_->threads) thread->start();
}

std::size_t Server::drain() {
  const std::lock_guard lock(impl_->mutex);
  if (std::exchange(impl_->drained, true)) return impl_->requests_cut;
  for (const auto& thread : impl_->threads) thread->drain();
  if (impl_->started) {
    impl_->wait_for_connections(Clock::now() + impl_->shared.options.drain_timeout);
    impl_->requests_cut = impl_->cut_rest();
  }
  for (const auto& thread : impl_->threads) thread->stop();
  return impl_->requests_cut;
}

void Server::Impl::wait_for_connections(Clock::time_point until) const {
  while (shared.connections_open.load(std::memory_order_acquire) != 0 && Clock::now() < until) {
    std::this_thread::sleep_for(look_period);
  }
}

std::size_t Server::Impl::cut_rest() {
  if (shared.connections_open.load(std::memory_order_acquire) == 0) return 0;
  std::atomic<std::size_t> cut{0};
  for (const auto& thread : threads) thread->cut(cut);
  wait_for_connections(Clock::now() + cut_grace);
  for (const auto& thread : threads) thread->stop();  // before `cut` goes
  return cut.load();
}

ServerFigures Server::figures() const {
  ServerFigures sum;
  for (const auto& thread : impl_->threads) {
    const Counters& counters = thread->counters;
    sum.connections_accepted += counters.accepted.get();
    sum.connections_open += counters.open.get();
    sum.connections_refused += counters.refused.get();
    sum.requests += counters.requests.get();
    sum.requests_in_flight += counters.in_flight.get();
    sum.bytes_in += counters.bytes_in.get();
    sum.bytes_out += counters.bytes_out.get();
    sum.timeouts += counters.timeouts.get();
    sum.bad_requests += counters.bad_requests.get();
    sum.encodings_refused += counters.encodings_refused.get();
  }
  sum.encoding_bytes = impl_->compute->cost();
  return sum;
}

}  // namespace freshet::http
