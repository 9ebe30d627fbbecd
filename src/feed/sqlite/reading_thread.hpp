#pragma once
// A thread that reads for others: whoever waits is answered by a reading that began after it had asked, and one reading
// answers all of them.

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/async/resumption.hpp"

namespace freshet::feed::sqlite {

class ReadingThread {
 public:
  /// `read` may throw Error: those who wait get it. `tick` runs about `every` so often, and throws nothing; if it
  /// returns true it has more to do, and runs again as soon as nobody waits.
  ReadingThread(std::function<void()> read, std::function<bool()> tick, std::chrono::milliseconds every);
  ~ReadingThread() { close(); }
  ReadingThread(const ReadingThread&) = delete;
  ReadingThread& operator=(const ReadingThread&) = delete;

  /// Resumes on the caller's executor after a reading that began later than this call. Throws what the reading threw,
  /// or Error(unavailable) once the thread is closed.
  [[nodiscard]] boost::asio::awaitable<void> read_for_me() {
    const auto start = [](auto handler, ReadingThread* self) {
      self->add(std::make_unique<Operation<decltype(handler)>>(std::move(handler)));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
        start, boost::asio::use_awaitable, this);
  }

  /// True while somebody waits: whatever else the thread does can be done later.
  [[nodiscard]] bool is_asked() const;

  /// Ends the thread; whoever still waits gets an Error. Blocking.
  void close();

 private:
  class Waiter {
   public:
    virtual ~Waiter() = default;
    virtual void finish(std::unique_ptr<Waiter> self, std::exception_ptr failure) = 0;
  };
  template <class Handler>
  class Operation final : public Waiter, public Resumption<Handler> {
   public:
    explicit Operation(Handler handler) : Resumption<Handler>(std::move(handler)) {}
    void finish(std::unique_ptr<Waiter> self, std::exception_ptr failure) override {
      self.release();  // the same object, by its own type
      Resumption<Handler>::resume(std::unique_ptr<Operation>(this), std::move(failure));
    }
  };
  using Waiters = std::vector<std::unique_ptr<Waiter>>;

  void add(std::unique_ptr<Waiter> waiter);
  void run();
  void answer(Waiters waiters) noexcept;
  static void finish_all(Waiters& waiters, const std::exception_ptr& failure);

  const std::function<void()> read_;
  const std::function<bool()> tick_;
  const std::chrono::milliseconds every_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Waiters waiting_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace freshet::feed::sqlite
