#pragma once
// What is asked for in the benchmarks: sequences of keys, the same for the same arguments.

#include <cstdint>
#include <string_view>
#include <vector>

namespace freshet::bench {

using Trace = std::vector<std::uint32_t>;

/// Key k with a probability that falls with (k + 1)^-skew.
[[nodiscard]] Trace zipf(std::size_t keys, std::size_t requests, double skew, std::uint64_t seed = 1);

/// After every 100 requests, 100 keys from `first` on that nobody asks for again.
[[nodiscard]] Trace with_scan(const Trace& trace, std::uint32_t first);

/// As in front of a web site: Zipf 0.8 over 100,000 objects whose popularity drifts (new ones rise, old ones are
/// forgotten), and a third of all requests for what nobody asks for twice.
[[nodiscard]] Trace web(std::size_t requests);

/// As of a database's pages: half of the requests Zipf 0.9 over 50,000 rows, the rest loops over ranges that are read
/// again and again (some larger than a cache), and scans of the whole.
[[nodiscard]] Trace database(std::size_t requests);

/// Answers of 200 B to 64 KB, small ones more often: the logarithm is uniform.
[[nodiscard]] std::vector<std::uint32_t> sizes_of(std::size_t keys);

}  // namespace freshet::bench
