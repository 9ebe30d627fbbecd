#include "http/compute_pool.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/async/resumption.hpp"

namespace freshet::http {
namespace {

namespace asio = boost::asio;

template <class Handler>
struct Operation final : Resumption<Handler> {
  Operation(Handler handler, std::function<void()> what)
      : Resumption<Handler>(std::move(handler)), job(std::move(what)) {}
  std::function<void()> job;
};

}  // namespace

struct ComputePool::Impl {
  explicit Impl(unsigned count) : threads(count) {}
  asio::thread_pool threads;
};

ComputePool::ComputePool(unsigned threads, std::size_t cost_max)
    : cost_max_(cost_max), impl_(std::make_unique<Impl>(threads)) {}

ComputePool::~ComputePool() {
  impl_->threads.stop();
  impl_->threads.join();
}

bool ComputePool::admit(std::size_t cost) noexcept {
  std::size_t before = cost_.load(std::memory_order_relaxed);
  do {
    if (before != 0 && before + cost > cost_max_) return false;
  } while (!cost_.compare_exchange_weak(before, before + cost, std::memory_order_relaxed));
  return true;
}

asio::awaitable<bool> ComputePool::run(std::function<void()> job, std::size_t cost) {
  if (!admit(cost)) co_return false;
  auto start = [this, &job, cost](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    auto operation = std::make_unique<Operation<Handler>>(std::move(handler), std::move(job));
    asio::post(impl_->threads, [this, cost, operation = std::move(operation)]() mutable {
      operation->job();
      cost_.fetch_sub(cost, std::memory_order_relaxed);
      Resumption<Handler>::resume(std::move(operation));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  co_return true;
}

}  // namespace freshet::http
