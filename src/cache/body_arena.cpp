#include "cache/body_arena.hpp"

#include <algorithm>
#include <iterator>

#include <sys/mman.h>

namespace freshet::cache {

BodyArena::BodyArena(std::size_t bytes_reserved) : reserved_((bytes_reserved + page - 1) / page * page) {
  if (reserved_ == 0) return;
  void* const range =
      ::mmap(nullptr, reserved_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return;
  // Huge pages would bring back what is not in use.
  ::madvise(range, reserved_, MADV_NOHUGEPAGE);
  base_ = static_cast<char*>(range);
  put_free(0, reserved_);
}

BodyArena::~BodyArena() {
  if (base_ != nullptr) ::munmap(base_, reserved_);
}

void BodyArena::put_free(std::size_t at, std::size_t length) {
  free_by_place_.emplace(at, length);
  free_by_length_.emplace(length, at);
}

void BodyArena::take_free(std::size_t at, std::size_t length) {
  free_by_place_.erase(at);
  free_by_length_.erase({length, at});
}

// The smallest range that will do, of those the first: so what is in use stays together.
char* BodyArena::allocate(std::size_t bytes) {
  const std::size_t length = taken(bytes);
  const std::lock_guard lock(mutex_);
  const auto found = free_by_length_.lower_bound({length, 0});
  if (found == free_by_length_.end()) return nullptr;
  const auto [there, at] = *found;
  take_free(at, there);
  if (there > length) put_free(at + length, there - length);
  use(at, length);
  return base_ + at;
}

void BodyArena::use(std::size_t at, std::size_t length) {
  const std::size_t end = at + length;
  if (used_.size() * page < end) used_.resize((end + page - 1) / page);
  for (std::size_t i = at; i < end;) {
    const std::size_t next = std::min(end, i / page * page + page);
    std::uint16_t& used = used_[i / page];
    pages_ += used == 0 ? 1U : 0U;
    used = static_cast<std::uint16_t>(used + (next - i));
    i = next;
  }
  bytes_ += length;
  count();
}

// Pages that are empty by now go back while nobody can be given them.
void BodyArena::stop_using(std::size_t at, std::size_t length) noexcept {
  const std::size_t end = at + length;
  std::size_t first = end, last = end;  // of the empty ones, which are side by side
  for (std::size_t i = at; i < end;) {
    const std::size_t next = std::min(end, i / page * page + page);
    std::uint16_t& used = used_[i / page];
    used = static_cast<std::uint16_t>(used - (next - i));
    if (used == 0) {
      first = std::min(first, i / page * page);
      last = i / page * page + page;
      --pages_;
    }
    i = next;
  }
  if (first < last) ::madvise(base_ + first, last - first, MADV_DONTNEED);
  bytes_ -= length;
}

void BodyArena::count() noexcept {
  constexpr std::size_t range = 128;  // of the two trees, on the heap
  waste_.store(pages_ * page - bytes_ + free_by_place_.size() * range, std::memory_order_relaxed);
}

void BodyArena::release(char* memory, std::size_t bytes) noexcept {
  std::size_t length = taken(bytes);
  auto at = static_cast<std::size_t>(memory - base_);
  const std::lock_guard lock(mutex_);
  stop_using(at, length);
  const auto after = free_by_place_.find(at + length);
  if (after != free_by_place_.end()) {
    const std::size_t more = after->second;
    take_free(at + length, more);
    length += more;
  }
  const auto next = free_by_place_.lower_bound(at);
  if (next != free_by_place_.begin()) {
    const auto [place, more] = *std::prev(next);
    if (place + more == at) {
      take_free(place, more);
      at = place;
      length += more;
    }
  }
  put_free(at, length);
  count();
}

}  // namespace freshet::cache
