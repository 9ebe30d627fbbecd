#pragma once
// Answers that processes share through Redis. Bytes and leases only: whether a record may be answered is for its stamp
// and the reader's own change feed to say (README.md has the argument).
//
// Nothing here throws for what Redis does, and nothing waits longer than the client's timeout, but take_turn(), which
// says how long. Without Redis every lookup is a miss, at the price of one load.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "cache/redis/lease.hpp"
#include "cache/redis/record.hpp"
#include "db/redis/client.hpp"

namespace freshet::cache {

struct SecondLevelOptions {
  std::string app;  // its name, for people who look at the keys
  /// Everything but the question and the data that an answer is made of: the app's files, the settings that show in
  /// answers, this program's version, the database and its identity, the schema. Records of another epoch are never
  /// seen.
  std::string epoch;
  std::chrono::milliseconds ttl_max = std::chrono::hours(24);  // every key ends
  /// Larger answers stay where they were made: on their way they would hold up all others.
  std::size_t record_bytes_max = std::size_t{1} << 20U;
  std::size_t puts_max = 1'000;  // on their way at once
  std::size_t put_bytes_max = std::size_t{32} << 20U;
  LeaseOptions lease;
};

struct SecondLevelFigures {
  std::uint64_t hits = 0;  // records that were found; whether they were still true, the reader knows
  std::uint64_t misses = 0;
  std::uint64_t corrupt = 0;   // of the misses: bytes that are no record, or another's
  std::uint64_t failures = 0;  // of the misses: Redis did not answer
  std::uint64_t puts = 0, puts_failed = 0, puts_dropped = 0, puts_too_large = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  LeaseFigures leases;
};

/// A record as it was in Redis.
struct FoundRecord {
  Record record;
  /// How much of its time to live is left: of records that were put with one.
  std::optional<std::chrono::milliseconds> left;
  std::uint64_t fingerprint = 0;  // for take_turn(): which record this was
};

/// What came of take_turn().
struct Turn {
  std::optional<FoundRecord> found;  // another process has made it meanwhile
  /// While it is held the others wait. Who makes the answer hands it to put(); who has found one lets it end.
  Lease lease;
};

class SecondLevel {
 public:
  /// The client must outlive it, and it every coroutine of it.
  SecondLevel(db::redis::Client& client, SecondLevelOptions options);
  /// Waits for puts that are being written.
  ~SecondLevel();
  SecondLevel(const SecondLevel&) = delete;
  SecondLevel& operator=(const SecondLevel&) = delete;

  /// False: there is nothing to be had at the moment, and nothing to be put.
  [[nodiscard]] bool available() const noexcept { return client_.available(); }

  /// What there is of `key`, which must stay until it returns: one round trip. `has_ttl`: its answers are put with a
  /// time to live.
  [[nodiscard]] boost::asio::awaitable<std::optional<FoundRecord>> get(std::string_view key, bool has_ttl);

  /// For who has not found an answer that is true: makes it the only one of all processes that makes it, or waits for
  /// the other, at most LeaseOptions::wait_max. `seen`: the fingerprint of what get() found and the feed rejected, 0 if
  /// it found nothing. Neither found nor a lease: Redis is away or the wait was in vain; make it yourself. A record
  /// that is found is judged like any other: who rejects it makes the answer.
  [[nodiscard]] boost::asio::awaitable<Turn> take_turn(std::string_view key, bool has_ttl, std::uint64_t seen);

  /// Keeps a record for all. Returns at once; it is written in the background, or dropped where too much is on its way.
  /// `ttl`: not to be had after that. The lease ends once the record is there for those who wait for it.
  void put(Record record, std::optional<std::chrono::milliseconds> ttl, Lease lease = {});

  [[nodiscard]] SecondLevelFigures figures() const;
  [[nodiscard]] const db::redis::Client& client() const noexcept { return client_; }

 private:
  struct Inside;
  [[nodiscard]] std::string record_name(std::string_view key) const;
  [[nodiscard]] std::string lease_name(std::string_view key) const;

  db::redis::Client& client_;
  const std::unique_ptr<Inside> inside_;
};

}  // namespace freshet::cache
