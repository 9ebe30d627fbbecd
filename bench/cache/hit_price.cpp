// What a hit costs in the store: time and allocations.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "entries.hpp"
#include "parts.hpp"
#include "traces.hpp"

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

namespace freshet::bench {
namespace {

using cache::EntryPtr;

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
    const EntryPtr entry = entry_of(table, route, keys.back(), 1000, {"t", "u", "v" + std::to_string(i)});
    store.put(entry, now);
    store.add_alias(targets.back(), entry);
  }
  const Trace trace = zipf(entries, 1U << 16U, 1.0);
  std::size_t bytes = 0;
  const auto use = [&](const EntryPtr& entry) { bytes += entry->body(Coding::identity)->size(); };
  const std::uint64_t before = allocations.load();
  constexpr std::uint64_t lists_of_times = 2;
  const Price by_key = price_of(calls, [&](std::size_t i) { use(store.find(keys[trace[i & 0xFFFFU]], *route, now)); });
  const Price by_alias = price_of(calls, [&](std::size_t i) {
    const std::string& target = targets[trace[i & 0xFFFFU]];
    const EntryPtr entry = store.find_alias(target, now);
    store.note_hit(target, *entry);
    use(entry);
  });
  std::printf("a hit among %zu entries of 3 tags, lookup and tag check (ns)\n", entries);
  std::printf("  by key    p50 %6.0f  p99 %6.0f\n  by target p50 %6.0f  p99 %6.0f\n", by_key.p50, by_key.p99,
              by_alias.p50, by_alias.p99);
  std::printf("  allocations in %zu hits: %llu (read %zu MB)\n", calls * 2,
              static_cast<unsigned long long>(allocations.load() - before - lists_of_times), bytes >> 20U);
}

}  // namespace

void hit_price(bool smoke) { price_of_a_hit(smoke ? 1'000 : 50'000, smoke ? 10'000 : 2'000'000); }

}  // namespace freshet::bench
