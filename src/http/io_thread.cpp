#include "http/io_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>

#include "http/connection.hpp"
#include "http/session.hpp"
#include "http/tls.hpp"

namespace freshet::http {
namespace {

constexpr std::chrono::milliseconds sweep_period{100};
constexpr std::chrono::milliseconds accept_back_off{50};  // while the process or the system is out of descriptors
constexpr int backlog = 4096;
constexpr std::uint64_t refusing_max = 256;  // connections that are told 503; those beyond are closed without a word

using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

Shared::Shared(ServerOptions server_options, std::shared_ptr<Handler> server_handler, AccessObserver* access_observer)
    : options(std::move(server_options)),
      handler(std::move(server_handler)),
      observer(access_observer),
      cors(options),
      limits{.header_bytes_max = options.header_bytes_max,
             .target_bytes_max = options.target_bytes_max,
             .headers_max = options.headers_max,
             .body_bytes_max = options.body_bytes_max} {
  if (!options.tls_certificate_file.empty() || !options.tls_key_file.empty()) {
    tls = make_tls_context(options.tls_certificate_file, options.tls_key_file);
  }
}

struct IoThread::Connections {
  boost::intrusive::list<Connection, boost::intrusive::base_hook<ConnectionHook>,
                         boost::intrusive::constant_time_size<false>>
      list;
};

IoThread::IoThread(Shared& shared_state, const Endpoint& endpoint)
    : shared(shared_state),
      heads(shared_state.options.server_name),
      connections_(std::make_unique<Connections>()),
      context_(1),
      acceptor_(context_.get_executor()),
      retry_(context_.get_executor()),
      sweeper_(context_.get_executor()) {
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(Acceptor::reuse_address(true));
  acceptor_.set_option(ReusePort(true));
  acceptor_.set_option(boost::asio::ip::tcp::no_delay(true));  // inherited by what it accepts
  acceptor_.bind(endpoint);
  acceptor_.listen(backlog);
}

IoThread::~IoThread() { stop(); }

void IoThread::start() {
  accept();
  // Signals are the main thread's business; a thread inherits the mask of its maker.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "http");
    const auto work = boost::asio::make_work_guard(context_);
    context_.run();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void IoThread::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void IoThread::accept() {
  acceptor_.async_accept(context_, peer_, [this](const boost::system::error_code& error, Socket socket) {
    accepted(error, std::move(socket));
  });
}

void IoThread::accepted(const boost::system::error_code& error, Socket socket) {
  if (draining_ || error == boost::asio::error::operation_aborted) return;
  if (error == boost::system::errc::too_many_files_open ||
      error == boost::system::errc::too_many_files_open_in_system || error == boost::system::errc::no_buffer_space ||
      error == boost::system::errc::not_enough_memory) {
    retry_accept_later();
    return;
  }
  if (!error) {
    counters.accepted.add(1);
    const bool room = shared.connections_open.fetch_add(1, std::memory_order_acq_rel) < shared.options.connections_max;
    if (!room) {
      shared.connections_open.fetch_sub(1, std::memory_order_acq_rel);
      counters.refused.add(1);
    }
    if (room || counters.refusing.get() < refusing_max) start_session(*this, std::move(socket), peer_, room);
  }
  accept();
}

void IoThread::retry_accept_later() {
  retry_.expires_after(accept_back_off);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !draining_) accept();
  });
}

void IoThread::enter(Connection& connection) {
  connections_->list.push_back(connection);
  if (!sweeping_) sweep_later();
}

void IoThread::sweep_later() {
  sweeping_ = true;
  sweeper_.expires_after(sweep_period);
  sweeper_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

void IoThread::sweep() {
  const auto now = std::chrono::steady_clock::now();
  for_each_connection([now](Connection& connection) { connection.look_at(now); });
  sweeping_ = false;
  if (!connections_->list.empty()) sweep_later();  // an idle server sleeps
}

// A visit may end the connection; it stays in the list, and so keeps its place, while it is held here.
template <class Visit>
void IoThread::for_each_connection(Visit&& visit) {
  auto& list = connections_->list;
  for (auto at = list.begin(); at != list.end();) {
    const std::shared_ptr<Connection> held = at->weak_from_this().lock();
    if (held) visit(*held);
    ++at;
  }
}

void IoThread::drain() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    for_each_connection([](Connection& connection) { connection.drain(); });
  });
}

void IoThread::cut(std::atomic<std::size_t>& cut) {
  boost::asio::post(context_, [this, &cut] {
    for_each_connection([&cut](Connection& connection) {
      if (connection.cut()) cut.fetch_add(1, std::memory_order_relaxed);
    });
  });
}

}  // namespace freshet::http
