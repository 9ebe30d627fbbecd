#include "core/async/chunk_pipe.hpp"

#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace freshet {
namespace asio = boost::asio;

ChunkPipe::ChunkPipe(asio::any_io_executor executor, std::size_t chunks_max)
    : executor_(std::move(executor)), chunks_max_(chunks_max) {}
ChunkPipe::~ChunkPipe() = default;

bool ChunkPipe::push(Bytes chunk) {
  std::unique_lock lock(mutex_);
  has_room_.wait(lock, [this] { return has_room(); });
  if (abandoned_) return false;
  chunks_.push_back(std::move(chunk));
  wake(lock);
  return true;
}

bool ChunkPipe::push_now(Bytes chunk) {
  std::unique_lock lock(mutex_);
  if (abandoned_) return false;
  chunks_.push_back(std::move(chunk));
  wake(lock);
  return true;
}

bool ChunkPipe::full() {
  const std::lock_guard lock(mutex_);
  return !has_room();
}

asio::awaitable<void> ChunkPipe::room() {
  while (full()) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto handler) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          const std::lock_guard lock(mutex_);
          producer_ = [shared] { std::move (*shared)(); };
          // What was taken between the look and the wait must not be slept through.
          if (has_room()) wake_producer();
        },
        asio::use_awaitable);
  }
}

// With the lock held: the producer is resumed later, on its executor.
void ChunkPipe::wake_producer() {
  has_room_.notify_one();
  if (producer_) asio::post(executor_, std::exchange(producer_, nullptr));
}

void ChunkPipe::finish(std::exception_ptr error) {
  std::unique_lock lock(mutex_);
  finished_ = true;
  error_ = std::move(error);
  wake(lock);
}

// Resumes the consumer, on its executor and without the lock.
void ChunkPipe::wake(std::unique_lock<std::mutex>& lock) {
  std::function<void()> waiter = std::exchange(waiter_, nullptr);
  const asio::any_io_executor executor = executor_;
  lock.unlock();
  if (waiter) asio::post(executor, std::move(waiter));
}

asio::awaitable<void> ChunkPipe::wait() {
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [this](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        std::unique_lock lock(mutex_);
        waiter_ = [shared] { std::move (*shared)(); };
        // What came between the look and the wait must not be slept through.
        if (!chunks_.empty() || finished_) wake(lock);
      },
      asio::use_awaitable);
}

asio::awaitable<std::optional<Bytes>> ChunkPipe::pop() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (!chunks_.empty()) {
        std::optional<Bytes> chunk(std::move(chunks_.front()));
        chunks_.pop_front();
        wake_producer();
        co_return chunk;
      }
      if (finished_) {
        if (error_) std::rethrow_exception(error_);
        co_return std::nullopt;
      }
    }
    co_await wait();
  }
}

void ChunkPipe::abandon() noexcept {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  chunks_.clear();
  wake_producer();
}

asio::awaitable<void> ChunkPipe::finished() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) co_return;
      chunks_.clear();
      wake_producer();
    }
    co_await wait();
  }
}

}  // namespace freshet
