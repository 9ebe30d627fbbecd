#pragma once
// A few threads for work that would keep an I/O thread from its other connections.

#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>

namespace freshet::http {

class ComputePool {
 public:
  explicit ComputePool(unsigned threads);
  /// Waits for what runs; what has not begun is dropped, together with the coroutines that wait for it. So the
  /// io_contexts of those must have stopped before, and must still be there.
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  /// Runs `job` on a thread of the pool and resumes on the caller's executor. The job must not throw and must own what
  /// it touches: the caller may be destroyed while it runs. Not cancellable; what was cancelled meanwhile is for the
  /// caller to find out.
  [[nodiscard]] boost::asio::awaitable<void> run(std::function<void()> job);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet::http
