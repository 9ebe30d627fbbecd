#include "db/seed_random.hpp"

#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace freshet::db {
namespace {

// The promise of `freshet seed` is the same data everywhere and for ever: these numbers must never change.
TEST(SeedRandom, draws_are_the_same_for_ever) {
  EXPECT_EQ(seed_bits(1, "amount", std::int64_t{1}), 11325881417635707657ULL);
  EXPECT_EQ(seed_bits(1, "amount", "1"), 14626899907500256003ULL);
  EXPECT_EQ(seed_bits(-7, "", std::int64_t{-1}), 17731426131370244761ULL);
  EXPECT_EQ(standard_normal(seed_bits(1, "amount", std::int64_t{1})), 0x1.28a7367963c99p-2);
  EXPECT_EQ(standard_normal(seed_bits(1, "tail", std::int64_t{237})), -0x1.b5fa81262f66ap+1);
  EXPECT_EQ(exact_exp(1.25), 0x1.bec38edb0fafp+1);
  EXPECT_EQ(exact_log(1.25), 0x1.c8ff7c79a9a21p-3);
}

TEST(SeedRandom, seed_purpose_key_and_its_type_all_matter) {
  const std::set<std::uint64_t> draws = {
      seed_bits(1, "a", std::int64_t{1}),
      seed_bits(2, "a", std::int64_t{1}),
      seed_bits(1, "b", std::int64_t{1}),
      seed_bits(1, "a", std::int64_t{2}),
      seed_bits(1, "a", "1"),
      seed_bits(1, "a1", ""),
      seed_bits(1, "", "a1"),
  };
  EXPECT_EQ(draws.size(), 7U);
}

TEST(SeedRandom, uniform_fills_the_unit_interval_evenly) {
  constexpr int draws = 100'000, buckets = 20;
  std::array<int, buckets> counts{};
  for (int i = 0; i < draws; ++i) {
    const double u = uniform(seed_bits(7, "u", std::int64_t{i}));
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++counts[static_cast<std::size_t>(u * buckets)];
  }
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - draws / buckets, 2) / (double(draws) / buckets);
  EXPECT_LT(chi_square, 43.8);  // 19 degrees of freedom, 1 in 1000
  EXPECT_EQ(uniform(~0ULL), 1.0 - 0x1p-53);
  EXPECT_EQ(uniform(0), 0.0);
}

TEST(SeedRandom, neighbouring_keys_are_independent) {
  constexpr int draws = 100'000;
  double covariance = 0;
  for (int i = 0; i < draws; ++i) {
    covariance +=
        (uniform(seed_bits(7, "u", std::int64_t{i})) - 0.5) * (uniform(seed_bits(7, "u", std::int64_t{i + 1})) - 0.5);
  }
  EXPECT_LT(std::fabs(covariance / draws * 12), 0.012);  // four standard errors
}

TEST(SeedRandom, integers_keep_to_their_bounds_and_reach_both) {
  std::set<std::int64_t> seen;
  for (std::int64_t i = 0; i < 1000; ++i) seen.insert(uniform_between(seed_bits(1, "d", i), -3, 3));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-3, -2, -1, 0, 1, 2, 3}));
  EXPECT_EQ(uniform_between(123, 5, 5), 5);
  EXPECT_EQ(uniform_between(0, INT64_MIN, INT64_MAX), INT64_MIN);
  EXPECT_EQ(uniform_between(~0ULL, INT64_MIN, INT64_MAX), INT64_MAX);
}

TEST(SeedRandom, normal_quantile_agrees_with_known_values) {
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.01), -2.3263478740408408, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-12), -7.034483825301131, 1e-12);
  EXPECT_NEAR(normal_quantile(0x1p-53), -8.209536151601387, 1e-12);
  for (double p = 0.001; p < 1; p += 0.001) EXPECT_NEAR(std::erfc(-normal_quantile(p) / std::sqrt(2.0)) / 2, p, 1e-15);
}

TEST(SeedRandom, normal_draws_have_the_moments_of_a_normal) {
  constexpr int draws = 200'000;
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  for (std::int64_t i = 0; i < draws; ++i) {
    const double x = standard_normal(seed_bits(3, "n", i));
    sum += x;
    squares += x * x;
    cubes += x * x * x;
    fourths += x * x * x * x;
  }
  EXPECT_NEAR(sum / draws, 0, 0.01);
  EXPECT_NEAR(squares / draws, 1, 0.015);
  EXPECT_NEAR(cubes / draws, 0, 0.04);
  EXPECT_NEAR(fourths / draws, 3, 0.1);
}

TEST(SeedRandom, extreme_bits_give_finite_normals) {
  EXPECT_TRUE(std::isfinite(standard_normal(0)));
  EXPECT_TRUE(std::isfinite(standard_normal(~0ULL)));
  EXPECT_DOUBLE_EQ(standard_normal(0), -standard_normal(~0ULL));
}

TEST(SeedRandom, own_exp_and_log_agree_with_the_library) {
  for (double x = -690; x < 690; x += 0.37) EXPECT_NEAR(exact_exp(x) / std::exp(x), 1, 1e-15) << x;
  for (double x = 1e-300; x < 1e300; x *= 1.7)
    EXPECT_NEAR(exact_log(x), std::log(x), 1e-15 * (1 + std::fabs(std::log(x)))) << x;
  EXPECT_EQ(exact_exp(0), 1.0);
  EXPECT_EQ(exact_log(1), 0.0);
}

}  // namespace
}  // namespace freshet::db
