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

ComputePool::ComputePool(unsigned threads) : impl_(std::make_unique<Impl>(threads)) {}

ComputePool::~ComputePool() {
  impl_->threads.stop();
  impl_->threads.join();
}

asio::awaitable<void> ComputePool::run(std::function<void()> job) {
  auto start = [this, &job](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    auto operation = std::make_unique<Operation<Handler>>(std::move(handler), std::move(job));
    asio::post(impl_->threads, [operation = std::move(operation)]() mutable {
      operation->job();
      Resumption<Handler>::resume(std::move(operation));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
}

}  // namespace freshet::http
