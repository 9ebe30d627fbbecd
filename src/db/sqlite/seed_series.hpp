#pragma once
// The table-valued function seed_series(first, last).

struct sqlite3;

namespace freshet::db::sqlite {

/// `SELECT i FROM seed_series(1, 10)`: the integers from first to last, both included, in order; none if last < first
/// or one of them is NULL.
void register_seed_series(sqlite3* handle);

}  // namespace freshet::db::sqlite
