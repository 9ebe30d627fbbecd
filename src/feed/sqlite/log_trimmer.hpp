#pragma once
// Keeps the change log short: a connection that deletes its oldest records, a few at a time.

#include <cstdint>
#include <functional>
#include <optional>

#include "db/sqlite/open.hpp"
#include "feed/sqlite/query.hpp"

namespace freshet::feed::sqlite {

/// Several processes may trim one log: each deletes what is too old, and the newest records always stay. Who has not
/// read that far takes everything for changed. Not thread-safe.
class LogTrimmer {
 public:
  static constexpr std::int64_t kept = 100'000;    // the newest
  static constexpr std::int64_t surplus = 10'000;  // so many more before it is worth a commit
  static constexpr std::int64_t batch = 2'000;     // in one transaction: others write in between

  explicit LogTrimmer(const db::sqlite::OpenOptions& options);

  struct Trimmed {
    std::int64_t records = 0;
    bool more = false;  // it was stopped
  };
  /// Deletes what is too much, one batch at least, until `stop`. Throws Error; never waits for another who writes.
  [[nodiscard]] Trimmed trim(const std::function<bool()>& stop);

 private:
  db::sqlite::DatabaseHandle handle_;
  Query ends_, delete_;
};

}  // namespace freshet::feed::sqlite
