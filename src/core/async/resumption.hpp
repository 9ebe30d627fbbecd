#pragma once
// How a foreign thread resumes a coroutine: an operation that was started with async_initiate, completed once.

#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

namespace freshet {

/// The handler of an asynchronous operation, with its executor kept busy until it is called. The operation derives from
/// this and lives on the heap until resume() has passed it, by its owner, to the handler's executor.
template <class Handler>
class Resumption {
 public:
  explicit Resumption(Handler handler)
      : handler_(std::move(handler)),
        executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler_),
                                      boost::asio::execution::outstanding_work.tracked)) {}

  /// `cancel` is called on the handler's executor if the waiting coroutine is cancelled before it is resumed; the
  /// operation is alive then. Call before the operation can complete.
  template <class Cancel>
  void on_cancel(Cancel cancel) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      slot.assign([cancel](boost::asio::cancellation_type type) {
        if (type != boost::asio::cancellation_type::none) cancel();
      });
    }
  }

  /// Calls the handler with `results` on its executor, and destroys `self` before. From any thread, once; never calls
  /// the handler from within.
  template <class Operation, class... Results>
  static void resume(std::unique_ptr<Operation> self, Results... results) {
    static_assert(std::is_base_of_v<Resumption, Operation>);
    auto executor = self->executor_;
    boost::asio::post(executor, [self = std::move(self), ... results = std::move(results)]() mutable {
      boost::asio::get_associated_cancellation_slot(self->handler_).clear();
      Handler handler = std::move(self->handler_);
      self.reset();
      std::move(handler)(std::move(results)...);
    });
  }

 private:
  using Executor =
      std::decay_t<decltype(boost::asio::prefer(boost::asio::get_associated_executor(std::declval<const Handler&>()),
                                                boost::asio::execution::outstanding_work.tracked))>;

  Handler handler_;
  Executor executor_;
};

}  // namespace freshet
