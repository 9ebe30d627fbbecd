#pragma once
// The chance of `freshet seed`: numbers that follow from (seed, purpose, key) alone.
//
// There is no generator with a state: every draw hashes its own name, so that rows may be made in any order, a new
// column changes no other, and the same arguments give the same data on every machine. For that the functions here use
// integer arithmetic and the five operations that IEEE 754 rounds exactly (+ − × ÷ √), never the C library's log or
// exp, whose last digit differs from one library to the next; this file is compiled without contraction to fused
// operations.

#include <cstdint>
#include <string_view>

namespace freshet::db {

/// 64 even bits for (seed, purpose, key). Integers and texts are different keys: 7 is not '7'.
[[nodiscard]] std::uint64_t seed_bits(std::int64_t seed, std::string_view purpose, std::int64_t key) noexcept;
[[nodiscard]] std::uint64_t seed_bits(std::int64_t seed, std::string_view purpose, std::string_view key) noexcept;

/// In [0, 1), a multiple of 2^-53.
[[nodiscard]] double uniform(std::uint64_t bits) noexcept;
/// In [low, high], both included. Requires low <= high.
[[nodiscard]] std::int64_t uniform_between(std::uint64_t bits, std::int64_t low, std::int64_t high) noexcept;
/// In [0, count). Requires count > 0.
[[nodiscard]] std::uint64_t uniform_below(std::uint64_t bits, std::uint64_t count) noexcept;

/// Standard normal: the inverse of the distribution function (Wichura's AS 241, 16 digits), within ±8.3.
[[nodiscard]] double standard_normal(std::uint64_t bits) noexcept;
/// The inverse itself, for 0 < share < 1.
[[nodiscard]] double normal_quantile(double share) noexcept;

/// e^x and ln x from exactly rounded operations; relative error below 1e-15. Require |x| < 700, and x > 0.
[[nodiscard]] double exact_exp(double x) noexcept;
[[nodiscard]] double exact_log(double x) noexcept;

}  // namespace freshet::db
