#pragma once
// A few threads for work that would keep an I/O thread from its other connections.

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>

namespace freshet::http {

class ComputePool {
 public:
  /// Jobs tell what they cost, in bytes; `cost_max` bounds the sum of what waits and runs, and so the time that a job
  /// waits for its turn.
  ComputePool(unsigned threads, std::size_t cost_max);
  /// Waits for what runs; what has not begun is dropped, together with the coroutines that wait for it. So the
  /// io_contexts of those must have stopped before, and must still be there.
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  /// Runs `job` on a thread of the pool and resumes on the caller's executor: true. False, at once: the pool has too
  /// much to do (it takes any one job when it has nothing). The job must not throw and must own what it touches: the
  /// caller may be destroyed while it waits. Not cancellable; what was cancelled meanwhile is for the caller to find
  /// out.
  [[nodiscard]] boost::asio::awaitable<bool> run(std::function<void()> job, std::size_t cost);

  /// The sum of what waits and runs.
  [[nodiscard]] std::size_t cost() const noexcept { return cost_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] bool admit(std::size_t cost) noexcept;

  struct Impl;
  const std::size_t cost_max_;
  std::atomic<std::size_t> cost_{0};
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::http
