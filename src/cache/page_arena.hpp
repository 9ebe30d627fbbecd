#pragma once
// Memory for large bodies in whole pages, which go back to the system when the body goes. A general allocator keeps
// what bodies of many sizes leave behind in pieces that fit no other: a fifth of the cache's limit after a minute.
//
// One reserved range of addresses, of which only what is in use takes memory; so there is one mapping, however many
// bodies. Thread-safe.

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace freshet::cache {

class PageArena {
 public:
  /// Reserves addresses, no memory. If there are none to be had, allocate() always says so.
  explicit PageArena(std::size_t bytes_reserved);
  ~PageArena();
  PageArena(const PageArena&) = delete;
  PageArena& operator=(const PageArena&) = delete;

  /// Null: no range of that length is free.
  [[nodiscard]] char* allocate(std::size_t bytes);
  void release(char* at, std::size_t bytes) noexcept;

  /// What an allocation of `bytes` takes.
  [[nodiscard]] static std::size_t taken(std::size_t bytes) noexcept { return (bytes + page - 1) / page * page; }

 private:
  static constexpr std::size_t page = 4096;

  void put_free(std::size_t at, std::size_t length);

  char* base_ = nullptr;
  const std::size_t reserved_;
  std::mutex mutex_;
  // Free ranges, as offsets; no two touch. Guarded by mutex_.
  std::map<std::size_t, std::size_t> free_by_place_;
  std::set<std::pair<std::size_t, std::size_t>> free_by_length_;
};

}  // namespace freshet::cache
