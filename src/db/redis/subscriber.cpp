#include "db/redis/subscriber.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace freshet::db::redis {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::milliseconds pause_min{50};
constexpr std::chrono::milliseconds pause_max{1'000};
constexpr std::chrono::milliseconds ping_every{1'000};  // a connection whose other end has vanished is quiet, too

}  // namespace

struct Subscriber::Impl : std::enable_shared_from_this<Impl> {
  Impl(Client& client, std::string of, Listener hears)
      : options(client.options()),
        channel(std::move(of)),
        listener(std::move(hears)),
        executor(client.executor()),
        timer(executor) {
    options.dial.name += "-events";
  }

  static asio::awaitable<void> keep_listening(std::shared_ptr<Impl> self) {
    std::chrono::milliseconds pause = pause_min;
    while (!self->stopped) {
      Expected<std::unique_ptr<Transport>> transport = co_await dial(self->options.dial);
      if (self->stopped) co_return;
      if (transport) {
        pause = pause_min;
        co_await listen(self, *std::move(transport));
        self->listening = false;
        if (self->stopped) co_return;
      }
      self->timer.expires_after(pause);
      boost::system::error_code ignored;
      co_await self->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      pause = std::min(pause * 2, pause_max);
    }
  }

  static asio::awaitable<void> listen(std::shared_ptr<Impl> self, std::unique_ptr<Transport> transport) {
    self->link = std::make_shared<Link>(self->executor, std::move(transport), self->options.link);
    self->link->listen([weak = std::weak_ptr<Impl>(self)](const Reply& reply) {
      if (const std::shared_ptr<Impl> impl = weak.lock()) impl->take(reply);
    });
    // Their replies are arrays, which go to take(): nobody waits for them in line.
    self->link->write(Request("SUBSCRIBE", self->channel));
    self->ponged = true;
    self->ping_later();
    static_cast<void>(co_await self->link->run());
    self->timer.cancel();
    self->link.reset();
  }

  void take(const Reply& reply) {
    if (reply.items.empty()) return;
    const std::string& kind = reply.items.front().text;
    ponged = true;
    if (kind == "subscribe") listening = true;
    if (kind == "message" && reply.items.size() == 3 && !stopped) listener(reply.items[2].text);
  }

  void ping_later() {
    timer.expires_after(ping_every);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->stopped || self->link == nullptr) return;
      if (!std::exchange(self->ponged, false)) return self->link->end("it has been silent for too long");
      self->link->write(Request("PING"));
      self->ping_later();
    });
  }

  void stop() {
    stopped = true;
    listening = false;
    timer.cancel();
    if (link != nullptr) link->end("the subscription has ended");
  }

  ClientOptions options;
  const std::string channel;
  const Listener listener;
  const asio::any_io_executor executor;
  std::atomic<bool> listening{false};
  // On the client's thread, as all below.
  std::shared_ptr<Link> link;
  asio::steady_timer timer;  // of the next ping, or the next attempt to connect
  bool ponged = false;
  bool stopped = false;
};

Subscriber::Subscriber(Client& client, std::string channel, Listener listener)
    : client_(client), impl_(std::make_shared<Impl>(client, std::move(channel), std::move(listener))) {
  asio::co_spawn(impl_->executor, Impl::keep_listening(impl_), asio::detached);
}

Subscriber::~Subscriber() {
  std::promise<void> done;
  const bool runs = client_.post([&] {
    impl_->stop();
    done.set_value();
  });
  if (runs) done.get_future().wait();
}

bool Subscriber::listening() const noexcept { return impl_->listening; }

}  // namespace freshet::db::redis
