#pragma once
// The answers that are kept in memory, bounded by bytes: what the allocator gives for entries, nodes, keys, tags, the
// index and the policy's memory is all within StoreOptions::bytes_max.
//
// Sharded by key; a lookup takes one shard's lock for the time of a hash lookup, copies a pointer and allocates
// nothing. An entry is also found by its aliases: raw request targets, so that a hit parses nothing. Thread-safe. The
// feed's TagTable must outlive the store and every EntryPtr.
//
// A lookup tells the truth as far as the feed has read: ask Feed::is_current(), or await catch_up(), before.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "cache/entry.hpp"
#include "cache/hot_targets.hpp"
#include "cache/policy.hpp"
#include "cache/w_tiny_lfu.hpp"

namespace freshet::cache {

struct StoreOptions {
  std::size_t bytes_max = std::size_t{64} << 20U;
  /// A power of two; 0: chosen by bytes_max. An answer may take a quarter of a shard.
  std::size_t shards = 0;
  PolicyMaker policy = &WTinyLfu::make;  // bench/cache/README.md says why
  /// How many targets compete for being known as the most frequent (hot_targets.hpp).
  std::size_t hot_targets = 1024;
};

enum class Put : std::uint8_t {
  kept,
  too_large,  // for a shard, or for its route
  dead,       // something it depends on has changed since it was sealed
  older,      // what is there was read from a later state of the database, and holds
};

struct StoreFigures {
  std::size_t bytes = 0, bytes_max = 0, entries = 0, aliases = 0;
  std::uint64_t hits = 0, misses = 0, stale = 0, fills = 0, fills_refused = 0, evictions = 0, dead = 0;
};

struct Found {
  EntryPtr entry;        // null: a miss
  bool stale = false;    // its time is over: answer it, if at all, as stale
  bool refresh = false;  // and make a fresh one in the background: nobody else does
};

class Store {
 public:
  explicit Store(StoreOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// The route of that name, made at its first mention. O(routes): for loading, not serving.
  [[nodiscard]] std::shared_ptr<Route> route(std::string_view name, std::size_t bytes_max = Route::unlimited);

  /// The answer of `key` if there is one that is alive; drops it if something has changed. Counts a hit or miss of
  /// `route`.
  [[nodiscard]] EntryPtr find(std::string_view key, Route& route, Clock::time_point now);
  /// As find(), but takes one whose time is over rather than none, within its EntryParts::stale_for.
  [[nodiscard]] Found find_or_stale(std::string_view key, Route& route, Clock::time_point now);
  /// The answer that `target` is an alias of. Counts nothing: a hit is counted by note_hit() once it is one, a miss by
  /// the find() that follows.
  [[nodiscard]] EntryPtr find_alias(std::string_view target, Clock::time_point now);
  /// `target` was answered with what find_alias() found.
  void note_hit(std::string_view target, const Entry& entry) noexcept;

  /// Whether find_alias() would find something. Counts nothing.
  [[nodiscard]] bool has_alias(std::string_view target, Clock::time_point now) const;

  /// Keeps `entry`, and drops what there was of its key; aliases pass on. Makes room first in its route, then in its
  /// shard.
  Put put(const EntryPtr& entry, Clock::time_point now);
  /// From now on `target` finds `entry`, as long as it, or what follows it under its key, is kept. At most
  /// aliases_max of an entry. False: it is not kept, or has enough, or the target is too long for it.
  bool add_alias(std::string_view target, const EntryPtr& entry);
  /// Adds the body in a further coding and counts its bytes. False: there is one, or it would be too much for the shard
  /// or the route; entry->body(coding) says which.
  bool add_body(const EntryPtr& entry, Coding coding, std::string_view body, Clock::time_point now);

  bool erase(std::string_view key);
  void clear();
  /// Every entry, shard by shard, each of them under its shard's lock: short, and without calling the store.
  void for_each(const std::function<void(const Entry&)>& visit) const;

  [[nodiscard]] StoreFigures figures() const;
  /// The figures of each route are in it.
  [[nodiscard]] std::vector<std::shared_ptr<Route>> routes() const;

  [[nodiscard]] HotTargets& hot_targets() noexcept { return hot_targets_; }

  static constexpr std::size_t aliases_max = 4;

 private:
  struct Shard;
  struct AliasShard;
  using Gone = std::vector<std::unique_ptr<Node>>;  // destroyed once the lock is released

  [[nodiscard]] std::size_t shard_index(std::uint64_t hash) const noexcept;
  [[nodiscard]] Shard& shard(std::uint64_t hash) const noexcept;
  [[nodiscard]] AliasShard& alias_shard(std::uint64_t hash) const noexcept;
  [[nodiscard]] bool fits(std::size_t bytes, const Route& route) const noexcept;
  [[nodiscard]] Put admissible(const Shard& shard, const Entry& entry, std::size_t bytes, Clock::time_point now) const;
  [[nodiscard]] Found find_or_stale(std::string_view key, Route& route, Clock::time_point now, bool stale_will_do);
  [[nodiscard]] EntryPtr look(std::string_view key) const;
  [[nodiscard]] EntryPtr look_for_alias(std::string_view target, std::uint64_t hash) const;
  void insert(Shard& shard, std::unique_ptr<Node> node);
  void grow(Shard& shard, Node& node);
  [[nodiscard]] std::unique_ptr<Node> take(Shard& shard, Node& node);
  void make_room(Shard& shard, Clock::time_point now, Gone& gone);
  void make_room_in_route(Route& route, std::uint64_t hash, Clock::time_point now);
  void point_alias(const std::string& target, const EntryPtr& entry);
  void drop_aliases(const Node& node);
  void drop_changed(const EntryPtr& entry);

  const StoreOptions options_;
  const std::size_t shard_bytes_max_;
  HotTargets hot_targets_;
  const std::shared_ptr<BodyArena> arena_;  // four times the bytes: addresses cost nothing, and always fit then
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::unique_ptr<AliasShard>> alias_shards_;
  mutable std::mutex routes_mutex_;
  std::vector<std::shared_ptr<Route>> routes_;  // guarded by routes_mutex_
};

}  // namespace freshet::cache
