#pragma once
// The SQL functions that seed files are written with (docs/seed.md). They exist on the generator's connection only.
//
//   rnd(purpose, key)                           REAL in [0, 1)
//   rnd_int(low, high, purpose, key)            INTEGER, both ends included
//   rnd_normal(mean, sd, purpose, key)          REAL
//   rnd_lognormal(median, sigma, purpose, key)  REAL: median × e^(sigma × normal)
//   rnd_pick(purpose, key, a, b, …)             one of the values
//   rnd_weighted(purpose, key, a, weight_a, …)  one of the values, in proportion to the weights
//   seed_series(first, last)                    a table with the column `i`: first … last, both included
//
// All are deterministic in (seed, purpose, key). A key is an integer or a text.

#include <cstdint>

struct sqlite3;

namespace freshet::db::sqlite {

/// Adds them to a connection, drawing for `seed`.
void register_seed_functions(sqlite3* handle, std::int64_t seed);

}  // namespace freshet::db::sqlite
