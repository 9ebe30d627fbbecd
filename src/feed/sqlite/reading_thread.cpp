#include "feed/sqlite/reading_thread.hpp"

#include <pthread.h>

#include "core/error.hpp"

namespace freshet::feed::sqlite {
namespace {

std::exception_ptr closing() {
  return std::make_exception_ptr(Error(ErrorKind::unavailable, "changes are not followed any more: closing"));
}

}  // namespace

ReadingThread::ReadingThread(std::function<void()> read, std::function<bool()> tick, std::chrono::milliseconds every)
    : read_(std::move(read)), tick_(std::move(tick)), every_(every), thread_([this] { run(); }) {}

void ReadingThread::add(std::unique_ptr<Waiter> waiter) {
  Waiters late;
  {
    const std::lock_guard lock(mutex_);
    (closed_ ? late : waiting_).push_back(std::move(waiter));
  }
  finish_all(late, closing());
  changed_.notify_one();
}

bool ReadingThread::is_asked() const {
  const std::lock_guard lock(mutex_);
  return closed_ || !waiting_.empty();
}

void ReadingThread::run() {
  pthread_setname_np(pthread_self(), "feed");
  auto next_tick = std::chrono::steady_clock::now() + every_;
  std::unique_lock lock(mutex_);
  while (!closed_) {
    changed_.wait_until(lock, next_tick, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return;
    Waiters waiters = std::exchange(waiting_, {});
    lock.unlock();
    if (!waiters.empty()) answer(std::move(waiters));
    if (const auto now = std::chrono::steady_clock::now(); now >= next_tick) {
      next_tick = tick_() ? now : now + every_;
    }
    lock.lock();
  }
}

void ReadingThread::answer(Waiters waiters) noexcept {
  std::exception_ptr failure;
  try {
    read_();
  } catch (...) {
    failure = std::current_exception();
  }
  finish_all(waiters, failure);
}

void ReadingThread::finish_all(Waiters& waiters, const std::exception_ptr& failure) {
  for (std::unique_ptr<Waiter>& waiter : waiters) {
    Waiter& one = *waiter;
    one.finish(std::move(waiter), failure);
  }
}

void ReadingThread::close() {
  Waiters left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(waiting_);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  finish_all(left, closing());
}

}  // namespace freshet::feed::sqlite
