#pragma once
// A shared_ptr that some replace while others read it.
//
// Not std::atomic<std::shared_ptr>: in GCC 12 the read of the pointer is not ordered before the next exchange
// (load() unlocks its bit relaxed), which is a data race by the letter and to ThreadSanitizer.

#include <memory>
#include <mutex>
#include <utility>

namespace freshet {

/// Thread-safe. A read takes a lock for the time of a copy: some ten nanoseconds.
template <class T>
class SharedSlot {
 public:
  [[nodiscard]] std::shared_ptr<T> load() const noexcept {
    const std::lock_guard lock(mutex_);
    return pointer_;
  }
  /// Returns what was there: let it go outside of anybody's lock.
  [[nodiscard]] std::shared_ptr<T> exchange(std::shared_ptr<T> pointer) noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(pointer_, std::move(pointer));
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<T> pointer_;  // guarded by mutex_
};

}  // namespace freshet
