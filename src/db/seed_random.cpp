#include "db/seed_random.hpp"

#include <array>
#include <cmath>
#include <cstddef>

namespace freshet::db {

namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
constexpr std::uint64_t text_tag = 0x6a09e667f3bcc909ULL;

/// The finaliser of SplitMix64: every input bit flips every output bit half of the time.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// FNV-1a.
constexpr std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

std::uint64_t bits_of(std::int64_t seed, std::string_view purpose, std::uint64_t key) noexcept {
  const std::uint64_t stream = mix(mix(static_cast<std::uint64_t>(seed) + golden) + hash_text(purpose));
  return mix(mix(stream + key * golden) + golden);
}

__extension__ using Wide = unsigned __int128;

constexpr double ln2_high = 0x1.62e42fee00000p-1;  // short enough that n * ln2_high is exact for |n| < 2^21
constexpr double ln2_low = 0x1.a39ef35793c76p-33;

template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) noexcept {
  double sum = 0;
  for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

std::uint64_t seed_bits(std::int64_t seed, std::string_view purpose, std::int64_t key) noexcept {
  return bits_of(seed, purpose, static_cast<std::uint64_t>(key));
}
std::uint64_t seed_bits(std::int64_t seed, std::string_view purpose, std::string_view key) noexcept {
  return bits_of(seed, purpose, hash_text(key) ^ text_tag);
}

double uniform(std::uint64_t bits) noexcept { return static_cast<double>(bits >> 11U) * 0x1p-53; }

std::uint64_t uniform_below(std::uint64_t bits, std::uint64_t count) noexcept {
  return static_cast<std::uint64_t>((static_cast<Wide>(bits) * count) >> 64U);
}

std::int64_t uniform_between(std::uint64_t bits, std::int64_t low, std::int64_t high) noexcept {
  const std::uint64_t count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t offset = count == 0 ? bits : uniform_below(bits, count);  // 0: all 2^64 of them
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double standard_normal(std::uint64_t bits) noexcept {
  return normal_quantile((static_cast<double>(bits >> 12U) + 0.5) * 0x1p-52);  // never 0, never 1
}

double normal_quantile(double share) noexcept {
  // Coefficients: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), PPND16.
  constexpr std::array a{3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                         1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                         3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr std::array b{1.0,
                         4.2313330701600911252e+1,
                         6.8718700749205790830e+2,
                         5.3941960214247511077e+3,
                         2.1213794301586595867e+4,
                         3.9307895800092710610e+4,
                         2.8729085735721942674e+4,
                         5.2264952788528545610e+3};
  constexpr std::array c{1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                         3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                         2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr std::array d{1.0,
                         2.05319162663775882187e0,
                         1.67638483018380384940e0,
                         6.89767334985100004550e-1,
                         1.48103976427480074590e-1,
                         1.51986665636164571966e-2,
                         5.47593808499534494600e-4,
                         1.05075007164441684324e-9};
  constexpr std::array e{6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                         2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                         2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr std::array f{1.0,
                         5.99832206555887937690e-1,
                         1.36929880922735805310e-1,
                         1.48753612908506148525e-2,
                         7.86869131145613259100e-4,
                         1.84631831751005468180e-5,
                         1.42151175831644588870e-7,
                         2.04426310338993978564e-15};
  const double q = share - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double tail = std::sqrt(-exact_log(q < 0 ? share : 1.0 - share));
  const double distance = tail <= 5.0 ? polynomial(c, tail - 1.6) / polynomial(d, tail - 1.6)
                                      : polynomial(e, tail - 5.0) / polynomial(f, tail - 5.0);
  return q < 0 ? -distance : distance;
}

double exact_exp(double x) noexcept {
  constexpr double log2_e = 1.4426950408889634;
  const double n = std::floor(x * log2_e + 0.5);
  const double r = (x - n * ln2_high) - n * ln2_low;  // |r| <= ln 2 / 2
  double sum = 1;
  for (int i = 17; i > 0; --i) sum = 1 + sum * r / i;  // Taylor
  return std::ldexp(sum, static_cast<int>(n));
}

double exact_log(double x) noexcept {
  constexpr double root_half = 0.70710678118654752;
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // [0.5, 1)
  if (mantissa < root_half) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);  // ln m = 2 artanh s, |s| < 0.172
  const double square = s * s;
  double sum = 0;
  for (int i = 25; i > 0; i -= 2) sum = sum * square + 1.0 / i;
  return exponent * ln2_high + (exponent * ln2_low + 2 * s * sum);
}

}  // namespace freshet::db
