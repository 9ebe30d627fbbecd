// A limit of 256 MB under a key space of 10 GB: what the process takes by RSS, while answers come, grow, die and go.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

#include "entries.hpp"
#include "parts.hpp"
#include "traces.hpp"

namespace freshet::bench {
namespace {

constexpr std::size_t limit = std::size_t{256} << 20U;
constexpr std::size_t keys = 900'000;  // 10 GB

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * 4096;
}

class Load {
 public:
  Load(feed::TagTable& table, cache::Store& store)
      : table_(table), store_(store), sizes_(sizes_of(keys)), trace_(zipf(keys, 1U << 20U, 0.8)) {}

  /// Until stop(). One of many at once.
  void run(unsigned seed) {
    std::mt19937 random(seed);
    for (std::size_t i = seed * 100'003; !stopped_.load(std::memory_order_relaxed); ++i) {
      // The trace again and again, of other keys each time.
      const std::uint32_t rank = trace_[i & (trace_.size() - 1)];
      const auto key = static_cast<std::uint32_t>((rank + (i >> 20U) * 7919) % keys);
      request(key, static_cast<std::uint32_t>(random()));
      ++requests_;
    }
  }
  void stop() { stopped_ = true; }
  [[nodiscard]] std::uint64_t requests() const { return requests_.load(); }

 private:
  void request(std::uint32_t key, std::uint32_t dice) {
    const std::string name = std::to_string(key), target = "/r?k=" + name + "&sort=total";
    cache::EntryPtr entry = store_.find_alias(target, now);
    if (entry != nullptr) store_.note_hit(target, *entry);
    if (entry == nullptr) entry = store_.find("r:k=" + name, *route_, now);
    if (entry == nullptr) {
      entry = entry_of(table_, route_, "r:k=" + name, sizes_[key], {"t", "month-" + std::to_string(key % 1000)});
      if (store_.put(entry, now) == cache::Put::kept) store_.add_alias(target, entry);
    } else if (dice % 4 == 0 && entry->body(Coding::gzip) == nullptr) {
      store_.add_body(entry, Coding::gzip, std::string(sizes_[key] / 4, 'z'), now);
    }
    if (dice % 10'000 == 0) {
      // A write that kills a thousandth of all.
      table_.applied(++position_);
      table_.change(feed::table_tag("month-" + std::to_string(dice / 10'000 % 1000)).id, position_);
    }
  }

  feed::TagTable& table_;
  cache::Store& store_;
  std::atomic<feed::Position> position_{0};
  std::shared_ptr<cache::Route> route_ = store_.route("/r");
  const std::vector<std::uint32_t> sizes_;
  const Trace trace_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace

void memory(bool smoke, int seconds) {
  feed::TagTable table;
  cache::StoreOptions options;
  options.bytes_max = limit;
  cache::Store store(options);
  Load load(table, store);
  const std::size_t before = resident_bytes();
  std::size_t most = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 1; seed <= 2; ++seed) threads.emplace_back([&load, seed] { load.run(seed); });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(smoke ? 1 : seconds);
    for (int tick = 0; std::chrono::steady_clock::now() < end; ++tick) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      const std::size_t resident = resident_bytes() - before;
      most = std::max(most, resident);
      if (tick % 50 != 49) continue;
      const cache::StoreFigures figures = store.figures();
      std::printf("  %3d s: %6.1f MB by RSS, %6.1f counted, %zu answers\n", (tick + 1) / 10,
                  static_cast<double>(resident) / 0x1p20, static_cast<double>(figures.bytes) / 0x1p20, figures.entries);
      std::fflush(stdout);
    }
    load.stop();
  }
  const cache::StoreFigures figures = store.figures();
  std::printf(
      "memory: limit 256 MB, at most %.1f MB more by RSS than before (%+.1f %%); %llu requests, %llu fills, "
      "%llu evictions, %llu dead\n",
      static_cast<double>(most) / 0x1p20, 100.0 * static_cast<double>(most) / static_cast<double>(limit) - 100,
      static_cast<unsigned long long>(load.requests()), static_cast<unsigned long long>(figures.fills),
      static_cast<unsigned long long>(figures.evictions), static_cast<unsigned long long>(figures.dead));
}

}  // namespace freshet::bench
