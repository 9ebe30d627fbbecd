#pragma once
// Memory for bodies, of which it is known at each moment what it takes from the system. A general allocator keeps what
// answers of many sizes leave behind: a tenth of the cache's limit after a minute of load, more with time.
//
// One reserved range of addresses, given out in units by best fit; a page in which nothing is left goes back to the
// system at once. What pages in use hold for nobody is waste(), which the store counts like everything else.
// Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace freshet::cache {

class BodyArena {
 public:
  /// Reserves addresses, no memory. If there are none to be had, allocate() always says so.
  explicit BodyArena(std::size_t bytes_reserved);
  ~BodyArena();
  BodyArena(const BodyArena&) = delete;
  BodyArena& operator=(const BodyArena&) = delete;

  /// Null: no range of that length is free. `bytes` is not 0.
  [[nodiscard]] char* allocate(std::size_t bytes);
  void release(char* at, std::size_t bytes) noexcept;

  /// What an allocation of `bytes` takes for itself.
  [[nodiscard]] static std::size_t taken(std::size_t bytes) noexcept { return (bytes + unit - 1) / unit * unit; }
  /// What it holds of the system beyond that, for all allocations together.
  [[nodiscard]] std::size_t waste() const noexcept { return waste_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t unit = 256, page = 4096;

  void put_free(std::size_t at, std::size_t length);
  void take_free(std::size_t at, std::size_t length);
  void use(std::size_t at, std::size_t length);
  void stop_using(std::size_t at, std::size_t length) noexcept;
  void count() noexcept;

  char* base_ = nullptr;
  const std::size_t reserved_;
  std::mutex mutex_;
  // Guarded by mutex_, as all below. Free ranges, as offsets; no two touch.
  std::map<std::size_t, std::size_t> free_by_place_;
  std::set<std::pair<std::size_t, std::size_t>> free_by_length_;
  std::vector<std::uint16_t> used_;  // bytes in use of each page up to the highest that ever was
  std::size_t pages_ = 0;            // in which something is
  std::size_t bytes_ = 0;            // in use
  std::atomic<std::size_t> waste_{0};
};

}  // namespace freshet::cache
