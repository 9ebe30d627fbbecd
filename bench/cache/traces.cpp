#include "traces.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace freshet::bench {
namespace {

class Zipf {
 public:
  Zipf(std::size_t keys, double skew) : sums_(keys) {
    double sum = 0;
    for (std::size_t i = 0; i < keys; ++i) sums_[i] = sum += 1.0 / std::pow(static_cast<double>(i + 1), skew);
    uniform_ = std::uniform_real_distribution<double>(0, sum);
  }
  [[nodiscard]] std::uint32_t operator()(std::mt19937_64& random) {
    return static_cast<std::uint32_t>(std::lower_bound(sums_.begin(), sums_.end(), uniform_(random)) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
  std::uniform_real_distribution<double> uniform_;
};

}  // namespace

Trace zipf(std::size_t keys, std::size_t requests, double skew, std::uint64_t seed) {
  Zipf zipf(keys, skew);
  std::mt19937_64 random(seed);
  Trace trace(requests);
  for (std::uint32_t& key : trace) key = zipf(random);
  return trace;
}

Trace with_scan(const Trace& trace, std::uint32_t first) {
  Trace mixed;
  mixed.reserve(trace.size() * 2);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    mixed.push_back(trace[i]);
    if (i % 100 == 99) {
      for (int n = 0; n < 100; ++n) mixed.push_back(first++);
    }
  }
  return mixed;
}

Trace web(std::size_t requests) {
  constexpr std::uint32_t objects = 100'000, once = 1U << 30U;
  Zipf rank(objects, 0.8);
  std::mt19937_64 random(3);
  Trace trace(requests);
  std::vector<std::uint32_t> object_of(objects);  // by rank
  for (std::uint32_t i = 0; i < objects; ++i) object_of[i] = i;
  std::uint32_t newest = objects, singles = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    if (i % 500 == 499) {  // one falls back or is forgotten, another rises
      const std::uint32_t from = rank(random), to = rank(random);
      std::swap(object_of[from], object_of[to]);
      if (random() % 4 == 0) object_of[from] = newest++;
    }
    trace[i] = random() % 3 == 0 ? once + singles++ : object_of[rank(random)];
  }
  return trace;
}

Trace database(std::size_t requests) {
  constexpr std::uint32_t rows = 50'000, tables = 1U << 20U;
  Zipf row(rows, 0.9);
  std::mt19937_64 random(4);
  struct Loop {
    std::uint32_t first, length, at;
  };
  // A lookup table, a month, a year, and a table that is only read as a whole.
  std::vector<Loop> loops{{tables, 500, 0}, {tables * 2, 2'000, 0}, {tables * 3, 12'000, 0}, {tables * 4, 80'000, 0}};
  Trace trace;
  trace.reserve(requests);
  while (trace.size() < requests) {
    const std::size_t run = 20 + random() % 80;
    Loop* const loop = random() % 2 == 0 ? nullptr : &loops[std::min<std::size_t>(3, random() % 5)];
    for (std::size_t i = 0; i < run && trace.size() < requests; ++i) {
      if (loop == nullptr) {
        trace.push_back(row(random));
      } else {
        trace.push_back(loop->first + loop->at);
        loop->at = (loop->at + 1) % loop->length;
      }
    }
  }
  return trace;
}

std::vector<std::uint32_t> sizes_of(std::size_t keys) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(std::log(200.0), std::log(65536.0));
  std::vector<std::uint32_t> sizes(keys);
  for (std::uint32_t& size : sizes) size = static_cast<std::uint32_t>(std::exp(uniform(random)));
  return sizes;
}

}  // namespace freshet::bench
