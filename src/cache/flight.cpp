#include "cache/flight.hpp"

#include <algorithm>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/async/resumption.hpp"

namespace freshet::cache {
namespace asio = boost::asio;
namespace {

template <class Handler>
class WaitOperation final : public Landing::Waiter, public Resumption<Handler> {
 public:
  using Resumption<Handler>::Resumption;

  void wake(std::unique_ptr<Landing::Waiter> self, std::exception_ptr error) override {
    static_cast<void>(self.release());
    Resumption<Handler>::resume(std::unique_ptr<WaitOperation>(this), std::move(error));
  }
};

}  // namespace

Landing::~Landing() = default;

asio::awaitable<void> Landing::wait() {
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
      [this](auto handler) {
        auto operation = std::make_unique<WaitOperation<decltype(handler)>>(std::move(handler));
        operation->on_cancel([this, waiter = operation.get()] { cancel(waiter); });
        add(std::move(operation));
      },
      asio::use_awaitable);
}

void Landing::add(std::unique_ptr<Waiter> waiter) {
  {
    const std::lock_guard lock(mutex_);
    if (!landed_) {
      waiters_.push_back(std::move(waiter));
      return;
    }
  }
  Waiter& woken = *waiter;
  woken.wake(std::move(waiter), nullptr);
}

void Landing::cancel(const Waiter* waiter) {
  std::unique_ptr<Waiter> taken;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(waiters_.begin(), waiters_.end(), [&](const auto& w) { return w.get() == waiter; });
    if (found == waiters_.end()) return;
    taken = std::move(*found);
    waiters_.erase(found);
  }
  Waiter& woken = *taken;
  woken.wake(std::move(taken), std::make_exception_ptr(Error(ErrorKind::cancelled, "the caller went away")));
}

void Landing::land() {
  std::list<std::unique_ptr<Waiter>> landed;
  {
    const std::lock_guard lock(mutex_);
    landed_ = true;
    landed.swap(waiters_);
  }
  for (std::unique_ptr<Waiter>& waiter : landed) {
    Waiter& woken = *waiter;
    woken.wake(std::move(waiter), nullptr);
  }
}

std::size_t Landing::waiters() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace freshet::cache
