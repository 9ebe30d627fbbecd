#include "cache/redis/lease.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "core/mutant.hpp"

namespace freshet::cache {

namespace asio = boost::asio;
using db::redis::Replies;
using db::redis::Request;

namespace {

using Clock = std::chrono::steady_clock;

// By its token only: who was too slow must not end, or prolong, the lease of who followed it.
constexpr std::string_view release_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) "
    "redis.call('PUBLISH', ARGV[2], KEYS[1]) return 1 end return 0";
constexpr std::string_view release_anyones_script =
    "redis.call('DEL', KEYS[1]) redis.call('PUBLISH', ARGV[2], KEYS[1]) return 1";
constexpr std::string_view renew_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

std::string random_text() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

/// The timer belongs to the waiting coroutine's executor: others reach it only through that.
struct Bell::Inside {
  std::atomic<bool> rung{false};
  std::mutex mutex;
  std::shared_ptr<asio::steady_timer> timer;  // guarded by mutex: of the wait under way

  void ring() {
    rung = true;
    const std::lock_guard lock(mutex);
    if (timer != nullptr) asio::post(timer->get_executor(), [waiting = timer] { waiting->cancel(); });
  }
};

struct LeaseBook::State {
  struct Held {
    std::string name;
    Clock::time_point renewed;
  };

  State(db::redis::Client& to, std::string releases, LeaseOptions given)
      : client(to), channel(std::move(releases)), options(given), process(random_text()), timer(client.executor()) {}

  db::redis::Client& client;
  const std::string channel;
  const LeaseOptions options;
  const std::string process;  // in the tokens of no other
  std::atomic<std::uint64_t> number{0}, taken{0}, lost{0}, waits{0}, gave_up{0};

  std::mutex mutex;
  std::multimap<std::string, std::shared_ptr<Bell::Inside>, std::less<>> bells;  // guarded by mutex
  std::map<std::string, Held, std::less<>> held;                                 // by token; guarded by mutex
  bool renewing = false;                                                         // guarded by mutex
  asio::steady_timer timer;                                                      // on the client's thread
};

LeaseBook::LeaseBook(db::redis::Client& client, std::string channel, LeaseOptions options)
    : state_(std::make_unique<State>(client, std::move(channel), options)) {}
LeaseBook::~LeaseBook() = default;

std::shared_ptr<LeaseBook> LeaseBook::open(db::redis::Client& client, std::string channel, LeaseOptions options) {
  return std::shared_ptr<LeaseBook>(new LeaseBook(client, std::move(channel), options));
}

const LeaseOptions& LeaseBook::options() const noexcept { return state_->options; }

std::string LeaseBook::new_token() { return fmt::format("{}:{}", state_->process, ++state_->number); }

void LeaseBook::add_attempt(Request& request, std::string_view name, std::string_view token) const {
  request.add("SET", name, token, "NX", "PX", state_->options.duration.count());
}

Lease LeaseBook::hold(std::string name, std::string token) {
  state_->taken.fetch_add(1, std::memory_order_relaxed);
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->held[token] = {.name = name, .renewed = Clock::now()};
    first = !std::exchange(state_->renewing, true);
  }
  if (first) static_cast<void>(state_->client.post([self = shared_from_this()] { self->renew_later(); }));
  return {shared_from_this(), std::move(name), std::move(token)};
}

void LeaseBook::release(const std::string& name, const std::string& token) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->held.erase(token);
  }
  const bool anyones = mutant("lease_released_by_anyone");
  state_->client.tell(
      Request("EVAL", anyones ? release_anyones_script : release_script, 1, name, token, state_->channel));
}

void LeaseBook::renew_later() {
  state_->timer.expires_after(state_->options.duration / 3);
  state_->timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<LeaseBook> self = weak.lock();
    if (!error && self != nullptr) self->renew();
  });
}

/// Those that are as old as that: most end before.
void LeaseBook::renew() {
  const Clock::time_point now = Clock::now();
  std::vector<std::pair<std::string, std::string>> due;
  {
    const std::lock_guard lock(state_->mutex);
    state_->renewing = !state_->held.empty();
    if (!state_->renewing) return;
    for (auto& [token, lease] : state_->held) {
      if (now - lease.renewed < state_->options.duration / 4) continue;
      lease.renewed = now;
      due.emplace_back(lease.name, token);
    }
  }
  for (const auto& [name, token] : due) {
    Request request("EVAL", renew_script, 1, name, token, state_->options.duration.count());
    state_->client.tell(std::move(request), [weak = weak_from_this(), token = token](const Expected<Replies>& replies) {
      const std::shared_ptr<LeaseBook> self = weak.lock();
      if (self == nullptr || !replies || replies->front().integer == 1) return;
      const std::lock_guard lock(self->state_->mutex);
      self->state_->lost += self->state_->held.erase(token);  // unless it was released meanwhile
    });
  }
  renew_later();
}

void LeaseBook::ring(std::string_view name) {
  const std::lock_guard lock(state_->mutex);
  const auto [begin, end] = state_->bells.equal_range(name);
  for (auto bell = begin; bell != end; ++bell) bell->second->ring();
}

void LeaseBook::count_wait(bool in_vain) noexcept {
  state_->waits.fetch_add(1, std::memory_order_relaxed);
  if (in_vain) state_->gave_up.fetch_add(1, std::memory_order_relaxed);
}

LeaseFigures LeaseBook::figures() const noexcept {
  return {.taken = state_->taken, .lost = state_->lost, .waits = state_->waits, .gave_up = state_->gave_up};
}

Lease::Lease(std::shared_ptr<LeaseBook> book, std::string name, std::string token)
    : book_(std::move(book)), name_(std::move(name)), token_(std::move(token)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  release();
  book_ = std::move(other.book_);
  name_ = std::move(other.name_);
  token_ = std::move(other.token_);
  return *this;
}

void Lease::release() noexcept {
  const std::shared_ptr<LeaseBook> book = std::move(book_);
  if (book == nullptr) return;
  try {
    book->release(name_, token_);
  } catch (...) {  // no memory: it ends by itself
  }
}

Bell::Bell(std::shared_ptr<LeaseBook> book, std::string name)
    : book_(std::move(book)), name_(std::move(name)), inside_(std::make_shared<Inside>()) {
  const std::lock_guard lock(book_->state_->mutex);
  book_->state_->bells.emplace(name_, inside_);
}

Bell::~Bell() {
  const std::lock_guard lock(book_->state_->mutex);
  const auto [begin, end] = book_->state_->bells.equal_range(name_);
  const auto mine = std::find_if(begin, end, [this](const auto& bell) { return bell.second == inside_; });
  if (mine != end) book_->state_->bells.erase(mine);
}

asio::awaitable<void> Bell::wait(std::chrono::milliseconds time) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto timer = std::make_shared<asio::steady_timer>(executor, time);
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->timer = timer;
  }
  if (!inside_->rung) {
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  inside_->rung = false;
  const std::lock_guard lock(inside_->mutex);
  inside_->timer = nullptr;
}

}  // namespace freshet::cache
