#pragma once
// Chunks from a thread that may block (a database session) to a coroutine that may not (a response being streamed); or
// from another coroutine on the same executor.
// Bounded: a producer that is ahead waits, so that an export of any length needs the memory of a few chunks.

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "core/bytes.hpp"

namespace freshet {

class ChunkPipe {
 public:
  /// `executor` is the consumer's.
  ChunkPipe(boost::asio::any_io_executor executor, std::size_t chunks_max);
  ~ChunkPipe();
  ChunkPipe(const ChunkPipe&) = delete;
  ChunkPipe& operator=(const ChunkPipe&) = delete;

  // Producer, any thread.
  /// Blocks while the pipe is full; false: the consumer is gone, stop.
  [[nodiscard]] bool push(Bytes chunk);
  /// Never blocks. A producer on the consumer's executor asks full(), and awaits room() if so, before it pushes more.
  [[nodiscard]] bool push_now(Bytes chunk);
  [[nodiscard]] bool full();
  /// Resumes when there is room, or the consumer is gone.
  [[nodiscard]] boost::asio::awaitable<void> room();
  /// Nothing more will come; `error` is thrown from pop() after the chunks before it.
  void finish(std::exception_ptr error);

  // Consumer, on its executor.
  /// The next chunk; nullopt: the end.
  [[nodiscard]] boost::asio::awaitable<std::optional<Bytes>> pop();
  /// Nobody will take more; a blocked producer is let go.
  void abandon() noexcept;
  /// Resumes when the producer has called finish(). Call after abandon(), before the pipe dies.
  [[nodiscard]] boost::asio::awaitable<void> finished();

 private:
  [[nodiscard]] boost::asio::awaitable<void> wait();
  void wake(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool has_room() const noexcept { return abandoned_ || chunks_.size() < chunks_max_; }
  void wake_producer();

  boost::asio::any_io_executor executor_;
  const std::size_t chunks_max_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::deque<Bytes> chunks_;        // guarded by mutex_, as all below
  std::function<void()> waiter_;    // resumes the consumer
  std::function<void()> producer_;  // resumes the producer
  std::exception_ptr error_;
  bool finished_ = false;
  bool abandoned_ = false;
};

}  // namespace freshet
