#include "cache/page_arena.hpp"

#include <iterator>

#include <sys/mman.h>

namespace freshet::cache {

PageArena::PageArena(std::size_t bytes_reserved) : reserved_(taken(bytes_reserved)) {
  if (reserved_ == 0) return;
  void* const range =
      ::mmap(nullptr, reserved_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return;
  // Huge pages would bring back what is not in use.
  ::madvise(range, reserved_, MADV_NOHUGEPAGE);
  base_ = static_cast<char*>(range);
  put_free(0, reserved_);
}

PageArena::~PageArena() {
  if (base_ != nullptr) ::munmap(base_, reserved_);
}

void PageArena::put_free(std::size_t at, std::size_t length) {
  free_by_place_.emplace(at, length);
  free_by_length_.emplace(length, at);
}

// The smallest range that will do, of those the first: so what is in use stays together.
char* PageArena::allocate(std::size_t bytes) {
  const std::size_t length = taken(bytes);
  const std::lock_guard lock(mutex_);
  const auto found = free_by_length_.lower_bound({length, 0});
  if (found == free_by_length_.end()) return nullptr;
  const auto [there, at] = *found;
  free_by_length_.erase(found);
  free_by_place_.erase(at);
  if (there > length) put_free(at + length, there - length);
  return base_ + at;
}

void PageArena::release(char* memory, std::size_t bytes) noexcept {
  std::size_t length = taken(bytes);
  // The pages go first: afterwards they may be somebody else's.
  ::madvise(memory, length, MADV_DONTNEED);
  auto at = static_cast<std::size_t>(memory - base_);
  const std::lock_guard lock(mutex_);
  const auto forget = [this](auto range) {
    free_by_length_.erase({range->second, range->first});
    free_by_place_.erase(range);
  };
  const auto after = free_by_place_.lower_bound(at);
  if (after != free_by_place_.end() && after->first == at + length) {
    length += after->second;
    forget(after);
  }
  const auto next = free_by_place_.lower_bound(at);
  if (next != free_by_place_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == at) {
      at = before->first;
      length += before->second;
      forget(before);
    }
  }
  put_free(at, length);
}

}  // namespace freshet::cache
