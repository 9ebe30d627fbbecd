#pragma once
// Whether the database's schema is still the one that an app was read against: what its answers depend on, and which
// rollups are exact, was reasoned out of that one.

#include <cstdint>

#include <boost/asio/awaitable.hpp>

#include "feed/feed.hpp"

namespace freshet::api {

/// The feed must outlive it. Thread-safe.
class SchemaGuard {
 public:
  /// Nobody watches: it does not hold.
  SchemaGuard() = default;
  /// To be made before anything of the schema is read.
  explicit SchemaGuard(feed::Feed& feed) noexcept : feed_(&feed), changes_(feed.schema_changes()) {}

  /// As far as is known.
  [[nodiscard]] bool holds() const noexcept { return feed_ != nullptr && feed_->schema_changes() == changes_; }
  /// Up to a moment at or after this call. False also if that cannot be told.
  [[nodiscard]] boost::asio::awaitable<bool> holds_by_now() const;

  /// Feed::schema_changes() as it was.
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

 private:
  feed::Feed* feed_ = nullptr;
  std::uint64_t changes_ = 0;
};

}  // namespace freshet::api
