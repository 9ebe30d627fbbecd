#include "api/schema_guard.hpp"

#include "core/error.hpp"

namespace freshet::api {

boost::asio::awaitable<bool> SchemaGuard::holds_by_now() const {
  if (feed_ == nullptr) co_return false;
  if (!feed_->schema_is_current()) {
    try {
      co_await feed_->catch_up_with_schema();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      co_return false;
    }
  }
  co_return holds();
}

}  // namespace freshet::api
