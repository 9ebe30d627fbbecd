#include "db/redis/client.hpp"

#include <pthread.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/async/resumption.hpp"

namespace freshet::db::redis {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

/// A coroutine that waits.
template <class Handler>
class AskOperation final : public Asker, public Resumption<Handler> {
 public:
  using Resumption<Handler>::Resumption;

 private:
  void be_told(std::unique_ptr<Asker> self, Expected<Replies> result) override {
    static_cast<void>(self.release());
    Resumption<Handler>::resume(std::unique_ptr<AskOperation>(this), std::move(result));
  }
};

/// Nobody waits, but somebody may want to know.
class Told final : public Asker {
 public:
  explicit Told(Client::Done done) : done_(std::move(done)) {}

 private:
  void be_told(std::unique_ptr<Asker>, Expected<Replies> result) override {
    if (done_) done_(result);
  }
  const Client::Done done_;
};

}  // namespace

class Client::Impl {
 public:
  Impl(ClientOptions options, Log log)
      : options_(std::move(options)), log_(std::move(log)), breaker_(options_.breaker), work_(io_.get_executor()) {
    asio::co_spawn(io_, keep_connected(), asio::detached);
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "redis");
      io_.run();
    });
  }

  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // From any thread.
  [[nodiscard]] bool available() const noexcept { return breaker_.allows(); }
  [[nodiscard]] std::optional<Error> reason_not_to_ask();
  void submit(Request request, std::uint64_t id, Clock::time_point deadline, std::unique_ptr<Asker> asker);
  void cancel(std::uint64_t id);
  [[nodiscard]] std::uint64_t next_id() noexcept { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] ClientFigures figures() const;
  [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }
  [[nodiscard]] asio::any_io_executor executor() { return io_.get_executor(); }
  [[nodiscard]] bool post(std::function<void()> what);
  void close();

 private:
  struct Incoming {
    Request request;
    std::uint64_t id = 0;
    Clock::time_point deadline;
    std::unique_ptr<Asker> asker;
  };

  // On the thread.
  void take_incoming();
  [[nodiscard]] asio::awaitable<void> keep_connected();
  [[nodiscard]] asio::awaitable<void> pause();
  void observe(Link::Event event, std::chrono::nanoseconds latency);
  void opened(const std::string& why);
  void suspend(const std::string& why);
  void probe_later();
  void probe();
  void closed();

  const ClientOptions options_;
  const Log log_;
  Breaker breaker_;
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::size_t> waiting_{0}, waiting_bytes_{0};
  std::atomic<std::uint64_t> requests_{0}, not_asked_{0}, refused_{0}, timeouts_{0}, lost_{0}, reconnects_{0};
  std::atomic<std::uint64_t> latency_us_total_{0}, latency_us_max_{0};

  std::mutex mutex_;
  std::vector<Incoming> incoming_;  // guarded by mutex_
  bool taking_ = false;             // guarded by mutex_: take_incoming() will come
  bool stopped_ = false;            // guarded by mutex_

  // On the thread, as all below.
  std::shared_ptr<Link> link_;
  std::optional<bool> said_connected_;  // what the log said last
  Clock::time_point open_since_ = Clock::now();
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;
  asio::io_context io_{1};  // last: what it still holds when it ends refers to the above
  asio::executor_work_guard<asio::io_context::executor_type> work_;
};

std::optional<Error> Client::Impl::reason_not_to_ask() {
  if (!breaker_.allows()) {
    not_asked_.fetch_add(1, std::memory_order_relaxed);
    return Error(ErrorKind::unavailable, "Redis is not asked at the moment");
  }
  if (waiting_.load(std::memory_order_relaxed) >= options_.requests_max ||
      waiting_bytes_.load(std::memory_order_relaxed) >= options_.bytes_max) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return Error(ErrorKind::unavailable, "too many requests to Redis wait");
  }
  return std::nullopt;
}

void Client::Impl::submit(Request request, std::uint64_t id, Clock::time_point deadline, std::unique_ptr<Asker> asker) {
  Incoming incoming;
  asker->place = Place(waiting_, waiting_bytes_, request.bytes().size());
  incoming.asker = std::move(asker);
  incoming.request = std::move(request);
  incoming.id = id;
  incoming.deadline = deadline;
  std::unique_lock lock(mutex_);
  if (stopped_) {
    lock.unlock();
    return Asker::complete(std::move(incoming.asker), Error(ErrorKind::unavailable, "the Redis client is closed"));
  }
  incoming_.push_back(std::move(incoming));
  const bool wake = !std::exchange(taking_, true);
  lock.unlock();
  if (wake) asio::post(io_, [this] { take_incoming(); });
}

void Client::Impl::take_incoming() {
  std::vector<Incoming> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(incoming_);
    taking_ = false;
  }
  for (Incoming& incoming : taken) {
    if (link_ == nullptr || !breaker_.allows()) {
      Asker::complete(std::move(incoming.asker), Error(ErrorKind::unavailable, "the connection to Redis is lost"));
      continue;
    }
    requests_.fetch_add(1, std::memory_order_relaxed);
    link_->send(incoming.request, incoming.id, incoming.deadline, std::move(incoming.asker));
  }
}

void Client::Impl::cancel(std::uint64_t id) {
  asio::post(io_, [this, id] {
    std::unique_ptr<Asker> asker = link_ == nullptr ? nullptr : link_->forget(id);
    if (asker != nullptr) Asker::complete(std::move(asker), Error(ErrorKind::cancelled, "the caller went away"));
  });
}

asio::awaitable<void> Client::Impl::keep_connected() {
  bool before = false;
  while (true) {
    breaker_.probing();
    Expected<std::unique_ptr<Transport>> transport = co_await dial(options_.dial);
    if (!transport) {
      breaker_.probe_failed();
      if (said_connected_ != false) {
        log_.warning("redis at {} cannot be reached: {}", options_.dial.address.text(), transport.error().message());
      }
      said_connected_ = false;
      co_await pause();
      continue;
    }
    if (std::exchange(before, true)) reconnects_.fetch_add(1, std::memory_order_relaxed);
    link_ = std::make_shared<Link>(io_.get_executor(), *std::move(transport), options_.link);
    link_->observe([this](Link::Event event, std::chrono::nanoseconds latency) { observe(event, latency); });
    link_->on_end([this](const std::string& why) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      if (breaker_.lost()) opened("the connection is lost: " + why);
    });
    closed();
    static_cast<void>(co_await link_->run());
    link_.reset();
    co_await pause();
  }
}

/// Before the next attempt to connect: up to half of it at random, so that all processes do not come at once.
asio::awaitable<void> Client::Impl::pause() {
  const auto full = breaker_.pause();
  const auto share = std::uniform_int_distribution<std::int64_t>(full.count() / 2, full.count())(random_);
  asio::steady_timer timer(io_, std::chrono::milliseconds(share));
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Client::Impl::observe(Link::Event event, std::chrono::nanoseconds latency) {
  const auto us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(latency).count());
  latency_us_total_.fetch_add(us, std::memory_order_relaxed);
  if (us > latency_us_max_.load(std::memory_order_relaxed)) latency_us_max_.store(us, std::memory_order_relaxed);
  if (event == Link::Event::answered) {
    if (breaker_.answered(latency)) suspend("its answers take too long");
    return;
  }
  timeouts_.fetch_add(1, std::memory_order_relaxed);
  if (breaker_.timed_out()) suspend("it does not answer in time");
}

/// Once a change: nobody needs a line for each request that did without.
void Client::Impl::opened(const std::string& why) {
  open_since_ = Clock::now();
  said_connected_ = false;
  log_.warning("redis at {} is not asked until it is well again: {}", options_.dial.address.text(), why);
}

/// The connection stays, and is asked again when a probe of it succeeds. Who waits need not wait for its deadline.
void Client::Impl::suspend(const std::string& why) {
  opened(why);
  link_->give_up_waiting(Error(ErrorKind::unavailable, "Redis is not asked at the moment"));
  probe_later();
}

/// A connection that is slow is probed where it is; one that is lost is probed by connecting anew.
void Client::Impl::probe_later() {
  auto timer = std::make_shared<asio::steady_timer>(io_, breaker_.pause());
  timer->async_wait([this, timer, link = std::weak_ptr<Link>(link_)](const boost::system::error_code& error) {
    if (!error && link.lock() == link_ && link_ != nullptr) probe();
  });
}

void Client::Impl::probe() {
  breaker_.probing();
  const auto told = [this, link = std::weak_ptr<Link>(link_), sent = Clock::now()](const Expected<Replies>& result) {
    if (link.lock() != link_ || link_ == nullptr) return;
    const bool well = result && !result->front().is_error() && Clock::now() - sent <= options_.breaker.slow;
    if (well) return closed();
    breaker_.probe_failed();
    probe_later();
  };
  link_->send(Request("PING"), next_id(), Clock::now() + options_.timeout, std::make_unique<Told>(told));
}

void Client::Impl::closed() {
  breaker_.probe_succeeded();
  const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - open_since_);
  if (!said_connected_) {
    log_.info("redis at {} is connected", options_.dial.address.text());
  } else if (!*said_connected_) {
    log_.info("redis at {} is asked again, after {} ms", options_.dial.address.text(), away.count());
  }
  said_connected_ = true;
}

ClientFigures Client::Impl::figures() const {
  ClientFigures figures;
  figures.breaker = breaker_.state();
  figures.breaker_opened = breaker_.opened();
  figures.requests = requests_.load(std::memory_order_relaxed);
  figures.not_asked = not_asked_.load(std::memory_order_relaxed);
  figures.refused = refused_.load(std::memory_order_relaxed);
  figures.timeouts = timeouts_.load(std::memory_order_relaxed);
  figures.lost = lost_.load(std::memory_order_relaxed);
  figures.reconnects = reconnects_.load(std::memory_order_relaxed);
  figures.waiting = waiting_.load(std::memory_order_relaxed);
  figures.waiting_bytes = waiting_bytes_.load(std::memory_order_relaxed);
  figures.latency_us_total = latency_us_total_.load(std::memory_order_relaxed);
  figures.latency_us_max = latency_us_max_.load(std::memory_order_relaxed);
  return figures;
}

/// What is posted before the end runs before it.
bool Client::Impl::post(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  asio::post(io_, std::move(what));
  return true;
}

void Client::Impl::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  asio::post(io_, [this] {
    static_cast<void>(breaker_.lost());
    if (link_ != nullptr) link_->end("the client is closed");
    link_.reset();
    take_incoming();
    io_.stop();
  });
  thread_.join();
}

Client::Client(ClientOptions options, Log log) : impl_(std::make_unique<Impl>(std::move(options), std::move(log))) {}
Client::~Client() = default;

bool Client::available() const noexcept { return impl_->available(); }

asio::awaitable<Expected<Replies>> Client::ask(Request request) {
  return ask(std::move(request), impl_->options().timeout);
}

asio::awaitable<Expected<Replies>> Client::ask(Request request, std::chrono::milliseconds timeout) {
  if (std::optional<Error> reason = impl_->reason_not_to_ask()) co_return *std::move(reason);
  Impl& impl = *impl_;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Expected<Replies>)>(
      [&impl, &request, timeout](auto handler) {
        auto operation = std::make_unique<AskOperation<decltype(handler)>>(std::move(handler));
        const std::uint64_t id = impl.next_id();
        operation->on_cancel([&impl, id] { impl.cancel(id); });
        impl.submit(std::move(request), id, Clock::now() + timeout, std::move(operation));
      },
      asio::use_awaitable);
}

bool Client::tell(Request request, Done done) {
  if (impl_->reason_not_to_ask()) return false;
  const Clock::time_point deadline = Clock::now() + impl_->options().timeout;
  impl_->submit(std::move(request), impl_->next_id(), deadline, std::make_unique<Told>(std::move(done)));
  return true;
}

ClientFigures Client::figures() const { return impl_->figures(); }
const ClientOptions& Client::options() const noexcept { return impl_->options(); }
asio::any_io_executor Client::executor() const { return impl_->executor(); }
bool Client::post(std::function<void()> what) { return impl_->post(std::move(what)); }
void Client::close() { impl_->close(); }

}  // namespace freshet::db::redis
