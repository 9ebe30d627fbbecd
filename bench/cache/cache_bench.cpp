// Hit ratios of S3-FIFO beside FIFO and LRU, with and without a scan, and what a hit costs: time, allocations.
// Usage: bench_cache [--smoke]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <new>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/store.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace freshet;
using cache::Clock;
using cache::EntryPtr;

const Clock::time_point now{std::chrono::hours(1)};

/// Answers of 200 B to 64 KB, small ones more often: the logarithm is uniform.
std::vector<std::uint32_t> sizes_of(std::size_t keys) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(std::log(200.0), std::log(65536.0));
  std::vector<std::uint32_t> sizes(keys);
  for (std::uint32_t& size : sizes) size = static_cast<std::uint32_t>(std::exp(uniform(random)));
  return sizes;
}

std::vector<std::uint32_t> zipf(std::size_t keys, std::size_t requests, double skew) {
  std::vector<double> sums(keys);
  double sum = 0;
  for (std::size_t i = 0; i < keys; ++i) sums[i] = sum += 1.0 / std::pow(static_cast<double>(i + 1), skew);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, sum);
  std::vector<std::uint32_t> trace(requests);
  for (std::uint32_t& key : trace) {
    key = static_cast<std::uint32_t>(std::lower_bound(sums.begin(), sums.end(), uniform(random)) - sums.begin());
  }
  return trace;
}

/// After every 100 requests, 100 keys that nobody asks for again.
std::vector<std::uint32_t> with_scan(const std::vector<std::uint32_t>& trace, std::uint32_t first) {
  std::vector<std::uint32_t> mixed;
  mixed.reserve(trace.size() * 2);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    mixed.push_back(trace[i]);
    if (i % 100 == 99) {
      for (int n = 0; n < 100; ++n) mixed.push_back(first++);
    }
  }
  return mixed;
}

struct Ratio {
  std::size_t hits = 0, asked = 0;
  [[nodiscard]] double percent() const { return 100.0 * static_cast<double>(hits) / static_cast<double>(asked); }
};

/// A plain list by bytes, moved to the front on a hit (LRU) or not (FIFO).
Ratio plain_list(const std::vector<std::uint32_t>& trace, const std::vector<std::uint32_t>& sizes,
                 std::size_t bytes_max, bool lru) {
  std::list<std::uint32_t> order;
  std::unordered_map<std::uint32_t, std::list<std::uint32_t>::iterator> index;
  std::size_t bytes = 0;
  Ratio ratio;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const std::uint32_t key = trace[i];
    const bool counts = i >= trace.size() / 5 && key < sizes.size();  // warm by then, and not of the scan
    ratio.asked += counts ? 1U : 0U;
    if (const auto found = index.find(key); found != index.end()) {
      ratio.hits += counts ? 1U : 0U;
      if (lru) order.splice(order.begin(), order, found->second);
      continue;
    }
    order.push_front(key);
    index[key] = order.begin();
    bytes += sizes[key % sizes.size()];
    while (bytes > bytes_max) {
      bytes -= sizes[order.back() % sizes.size()];
      index.erase(order.back());
      order.pop_back();
    }
  }
  return ratio;
}

EntryPtr make_entry(feed::TagTable& table, const std::shared_ptr<cache::Route>& route, std::string key,
                    std::size_t size, const std::vector<std::string>& tags) {
  std::vector<feed::Tag> pinned;
  for (const std::string& tag : tags) pinned.push_back(feed::table_tag(tag));
  cache::EntryParts parts;
  parts.key = std::move(key);
  parts.route = route;
  parts.body.assign(size, 'x');
  parts.created = now;
  return cache::Entry::make(std::move(parts), feed::PendingStamp(table, std::move(pinned)).seal(1).value());
}

/// The store as it is served from: real entries, real bytes, its own overhead within the bound.
Ratio whole_store(const std::vector<std::uint32_t>& trace, const std::vector<std::uint32_t>& sizes,
                  std::size_t bytes_max) {
  feed::TagTable table;
  cache::Store store(cache::StoreOptions{.bytes_max = bytes_max});
  const auto route = store.route("/r");
  Ratio ratio;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const std::uint32_t key = trace[i];
    const bool counts = i >= trace.size() / 5 && key < sizes.size();
    ratio.asked += counts ? 1U : 0U;
    std::string name = "r:k=" + std::to_string(key);
    if (store.find(name, *route, now) != nullptr) {
      ratio.hits += counts ? 1U : 0U;
    } else {
      store.put(make_entry(table, route, std::move(name), sizes[key % sizes.size()], {"t"}), now);
    }
  }
  return ratio;
}

void hit_ratios(std::size_t keys, std::size_t requests) {
  const std::vector<std::uint32_t> sizes = sizes_of(keys);
  std::size_t total = 0;
  for (const std::uint32_t size : sizes) total += size;
  std::printf("hit ratio in %%, %zu keys of 200 B to 64 KB (%zu MB), %zu requests\n", keys, total >> 20U, requests);
  std::printf("  %-22s %7s %7s %8s\n", "trace, room", "FIFO", "LRU", "S3-FIFO");
  const auto line = [&](const char* name, const std::vector<std::uint32_t>& trace, double share) {
    const auto room = static_cast<std::size_t>(static_cast<double>(total) * share);
    std::printf("  %-22s %7.2f %7.2f %8.2f\n", name, plain_list(trace, sizes, room, false).percent(),
                plain_list(trace, sizes, room, true).percent(), whole_store(trace, sizes, room).percent());
  };
  const auto steep = zipf(keys, requests, 1.0);
  line("Zipf 1.0, 1 %", steep, 0.01);
  line("Zipf 1.0, 10 %", steep, 0.1);
  line("Zipf 1.0, 1 %, scan", with_scan(steep, static_cast<std::uint32_t>(keys)), 0.01);
  line("Zipf 0.9, 10 %", zipf(keys, requests, 0.9), 0.1);
}

struct Price {
  double p50 = 0, p99 = 0;
};

/// Nanoseconds of one call, from batches of 16: a clock reading costs as much as a hit.
template <class Call>
Price price_of(std::size_t calls, const Call& call) {
  constexpr std::size_t batch = 16;
  std::vector<double> times(calls / batch);
  std::size_t next = 0;
  for (double& time : times) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < batch; ++i) call(next++);
    time = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / batch;
  }
  std::sort(times.begin(), times.end());
  return {.p50 = times[times.size() / 2], .p99 = times[times.size() * 99 / 100]};
}

void price_of_a_hit(std::size_t entries, std::size_t calls) {
  feed::TagTable table;
  cache::Store store(cache::StoreOptions{.bytes_max = std::size_t{512} << 20U});
  const auto route = store.route("/r");
  std::vector<std::string> keys, targets;
  for (std::size_t i = 0; i < entries; ++i) {
    keys.push_back("dashboard:month=2025-01:page=" + std::to_string(i) + ":summary");
    targets.push_back("/dashboard/summary?month=2025-01&page=" + std::to_string(i));
    const EntryPtr entry = make_entry(table, route, keys.back(), 1000, {"t", "u", "v" + std::to_string(i)});
    store.put(entry, now);
    store.add_alias(targets.back(), entry);
  }
  const std::vector<std::uint32_t> trace = zipf(entries, 1U << 16U, 1.0);
  std::size_t bytes = 0;
  const auto use = [&](const EntryPtr& entry) { bytes += entry->body(cache::Coding::identity)->size(); };
  const std::uint64_t before = allocations.load();
  constexpr std::uint64_t lists_of_times = 2;
  const Price by_key = price_of(calls, [&](std::size_t i) { use(store.find(keys[trace[i & 0xFFFFU]], *route, now)); });
  const Price by_alias =
      price_of(calls, [&](std::size_t i) { use(store.find_alias(targets[trace[i & 0xFFFFU]], now)); });
  std::printf("a hit among %zu entries of 3 tags, lookup and tag check (ns)\n", entries);
  std::printf("  by key    p50 %6.0f  p99 %6.0f\n  by target p50 %6.0f  p99 %6.0f\n", by_key.p50, by_key.p99,
              by_alias.p50, by_alias.p99);
  std::printf("  allocations in %zu hits: %llu (read %zu MB)\n", calls * 2,
              static_cast<unsigned long long>(allocations.load() - before - lists_of_times), bytes >> 20U);
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::string_view(argv[1]) == "--smoke";
  hit_ratios(smoke ? 2'000 : 100'000, smoke ? 20'000 : 2'000'000);
  price_of_a_hit(smoke ? 1'000 : 50'000, smoke ? 10'000 : 2'000'000);
  return 0;
}
