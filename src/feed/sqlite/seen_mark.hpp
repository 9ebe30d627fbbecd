#pragma once
// The commit up to which the tags are up to date: written by one thread at a time, compared by any without a lock.

#include <atomic>

#include "feed/sqlite/commit_watch.hpp"

namespace freshet::feed::sqlite {

class SeenMark {
 public:
  /// Callers exclude each other.
  void set(const CommitMark& mark) noexcept {
    version_.fetch_add(1, std::memory_order_acq_rel);  // odd: being written
    for (std::size_t i = 0; i < mark.size(); ++i) words_[i].store(mark[i], std::memory_order_release);
    version_.fetch_add(1, std::memory_order_release);
  }

  /// nullopt: it is being written.
  [[nodiscard]] std::optional<CommitMark> get() const noexcept {
    const std::uint32_t before = version_.load(std::memory_order_acquire);
    CommitMark mark;
    for (std::size_t i = 0; i < mark.size(); ++i) mark[i] = words_[i].load(std::memory_order_acquire);
    if (before % 2 != 0 || version_.load(std::memory_order_acquire) != before) return std::nullopt;
    return mark;
  }

 private:
  std::atomic<std::uint32_t> version_{0};
  std::array<std::atomic<std::uint64_t>, std::tuple_size_v<CommitMark>> words_{};
};

}  // namespace freshet::feed::sqlite
