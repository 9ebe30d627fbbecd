// How fast the hit ratio returns after the hundred hottest answers died, with and without the warmer. Requests come at
// random times (they do not wait for each other); a fill takes a millisecond of a database that serves two at once.
#include <array>
#include <chrono>
#include <cstdio>
#include <random>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cache/flight.hpp"
#include "cache/warmer.hpp"

#include "entries.hpp"
#include "parts.hpp"
#include "traces.hpp"

namespace freshet::bench {
namespace {

namespace asio = boost::asio;
using cache::Clock, std::chrono::milliseconds;

constexpr std::size_t targets = 10'000, hottest = 100, requests_before = 20'000;
constexpr milliseconds window{100}, round_length{2000};
constexpr std::size_t windows = 20;

struct Window {
  std::size_t hits = 0, asked = 0;
  [[nodiscard]] double ratio() const { return asked == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(asked); }
};

class Rig {
 public:
  Rig(double rate, bool warms) : rate_(rate), trace_(zipf(targets, 1U << 18U, 1.0)) {
    cache::WarmerOptions options;
    options.busy = [this] { return running_ >= 2; };
    options.hottest = warms ? hottest : 0;
    options.predict = false;
    warmer_ = std::make_unique<cache::Warmer>(options, store_, [this](std::string target) { return warm(target); });
    for (std::uint32_t key = 0; key < targets; ++key) put(key);
    for (std::size_t i = 0; i < requests_before; ++i) {
      static_cast<void>(hit(target_of(trace_[trace_.size() - 1 - i])));
    }
  }

  void run(int rounds) {
    asio::cancellation_signal stop;
    asio::co_spawn(io_, warmer_->run(), asio::bind_cancellation_slot(stop.slot(), asio::detached));
    asio::co_spawn(io_, requests(rounds, stop), asio::detached);
    io_.run();
  }
  [[nodiscard]] const std::array<Window, windows>& after() const { return after_; }
  [[nodiscard]] double before() const { return before_.ratio(); }
  [[nodiscard]] cache::WarmerFigures figures() const { return warmer_->figures(); }

 private:
  static std::string target_of(std::uint32_t key) { return "/r?k=" + std::to_string(key); }

  void put(std::uint32_t key) {
    const std::string tag = "piece-" + std::to_string(key);
    const cache::EntryPtr entry = entry_of(table_, route_, "r:k=" + std::to_string(key), 1000, {tag});
    store_.put(entry, Clock::now());
    store_.add_alias(target_of(key), entry);
  }

  asio::awaitable<bool> fill(std::uint32_t key) {
    ++running_;
    asio::steady_timer timer(io_, milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
    --running_;
    put(key);
    co_return true;
  }
  asio::awaitable<bool> fly(std::uint32_t key) {
    return flights_.run(
        target_of(key), [this, key] { return fill(key); }, [](const bool&) { return usable(); });
  }
  static asio::awaitable<bool> usable() { co_return true; }

  asio::awaitable<cache::FillOutcome> warm(std::string target) {
    const auto key = static_cast<std::uint32_t>(std::stoul(target.substr(target.find('=') + 1)));
    cache::FillOutcome outcome;
    outcome.filled = co_await fly(key) ? cache::Filled::kept : cache::Filled::failed;
    outcome.database = milliseconds(1);
    co_return outcome;
  }

  void invalidate_the_hottest() {
    const feed::Position position = table_.applied() + 1;
    for (std::uint32_t key = 0; key < hottest; ++key) {
      table_.change(feed::table_tag("piece-" + std::to_string(key)).id, position);
    }
    table_.applied(position);
  }

  bool hit(const std::string& target) {
    const cache::EntryPtr entry = store_.find_alias(target, Clock::now());
    if (entry != nullptr) store_.note_hit(target, *entry);
    return entry != nullptr;
  }

  void request(std::uint32_t key, Window& into) {
    ++into.asked;
    warmer_->observe("", target_of(key));
    if (hit(target_of(key))) {
      ++into.hits;
      return;
    }
    asio::co_spawn(io_, fly(key), asio::detached);
  }

  asio::awaitable<void> requests(int rounds, asio::cancellation_signal& stop) {
    std::mt19937_64 random(6);
    std::exponential_distribution<double> gap(rate_);
    asio::steady_timer timer(io_);
    auto next = Clock::now();
    auto died = next + round_length;
    int round = 0;
    for (std::size_t i = 0; round <= rounds; ++i) {
      next += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap(random)));
      timer.expires_at(next);
      co_await timer.async_wait(asio::use_awaitable);
      if (next >= died + (round == 0 ? milliseconds(0) : round_length)) {
        died = next;
        if (++round <= rounds) invalidate_the_hottest();
      }
      const auto index = static_cast<std::size_t>((next - died) / window);
      Window& into = round == 0 ? before_ : after_[std::min(index, windows - 1)];
      request(trace_[i & (trace_.size() - 1)], into);
    }
    stop.emit(asio::cancellation_type::terminal);
  }

  const double rate_;
  const Trace trace_;
  asio::io_context io_{1};
  feed::TagTable table_;
  cache::Store store_{cache::StoreOptions{}};
  std::shared_ptr<cache::Route> route_ = store_.route("/r");
  cache::Flights<bool> flights_;
  std::unique_ptr<cache::Warmer> warmer_;
  int running_ = 0;
  Window before_;
  std::array<Window, windows> after_{};
};

void one(double rate, bool warms, int rounds) {
  Rig rig(rate, warms);
  rig.run(rounds);
  std::size_t back = windows;
  for (std::size_t i = windows; i > 0 && rig.after()[i - 1].ratio() >= 0.95 * rig.before(); --i) back = i - 1;
  const cache::WarmerFigures figures = rig.figures();
  std::printf("  %6.0f/s, %-12s before %5.1f, then", rate, warms ? "warmer" : "no warmer", 100 * rig.before());
  for (std::size_t i = 0; i < 10; ++i) std::printf(" %5.1f", 100 * rig.after()[i].ratio());
  std::printf("; at 95 %% of before for good after %zu ms; %llu filled in %.0f ms of database\n",
              back * static_cast<std::size_t>(window.count()), static_cast<unsigned long long>(figures.revived),
              static_cast<double>(figures.database.count()) / 1e3);
}

}  // namespace

void warming(bool smoke) {
  std::printf("hit ratio in %% for each 100 ms after the 100 hottest of 10,000 died (Zipf 1.0)\n");
  for (const double rate : {100.0, 1000.0}) {
    for (const bool warms : {false, true}) one(rate, warms, smoke ? 1 : rate < 500 ? 6 : 3);
  }
}

}  // namespace freshet::bench
