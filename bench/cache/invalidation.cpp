// One tag with a million entries.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "entries.hpp"
#include "parts.hpp"

namespace freshet::bench {

void invalidation(bool smoke) {
  const std::size_t entries = smoke ? 1'000 : 1'000'000;
  feed::TagTable table;
  cache::StoreOptions options;
  options.bytes_max = std::size_t{2} << 30U;
  cache::Store store(options);
  const auto route = store.route("/r");
  const auto each = [&](const auto& visit) {
    for (std::size_t i = 0; i < entries; ++i) visit("r:k=" + std::to_string(i));
  };
  std::vector<double> times;
  for (const bool by_hand : {false, true}) {
    each([&](const std::string& key) { store.put(entry_of(table, route, key, 100, {"t"}), now); });
    const std::size_t held = store.figures().entries;
    const auto begin = std::chrono::steady_clock::now();
    if (by_hand) {
      static_cast<void>(table.invalidate(feed::table_tag("t").id));
    } else {
      table.change(feed::table_tag("t").id, table.applied() + 1);
      table.applied(table.applied() + 1);
    }
    const double us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
    std::size_t found = 0;
    each([&](const std::string& key) { found += store.find(key, *route, now) == nullptr ? 0U : 1U; });
    std::printf("%s of one tag: %zu entries died in %.1f us (found after it: %zu)\n",
                by_hand ? "invalidation" : "a change", held, us, found);
  }
}

}  // namespace freshet::bench
