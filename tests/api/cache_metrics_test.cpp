#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/cache_report.hpp"
#include "cache/redis/second_level.hpp"
#include "db/redis/client.hpp"
#include "feed/feed.hpp"

#include "test_app.hpp"

namespace freshet::api {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Knows of no change.
class StillFeed final : public feed::Feed {
 public:
  feed::TagTable& tags() noexcept override { return tags_; }
  std::unique_ptr<feed::Watching> watch(const std::vector<feed::Shape>&) override { return nullptr; }
  [[nodiscard]] bool is_current() const noexcept override { return true; }
  boost::asio::awaitable<void> catch_up() override { co_return; }
  std::unique_ptr<feed::FillPosition> fill() override { return nullptr; }
  [[nodiscard]] std::uint64_t schema_changes() const noexcept override { return 0; }
  [[nodiscard]] bool schema_is_current() const noexcept override { return true; }
  boost::asio::awaitable<void> catch_up_with_schema() override { co_return; }
  [[nodiscard]] feed::FeedFigures figures() const override { return {}; }
  void close() override {}

 private:
  feed::TagTable tags_;
};

std::string metrics_of(cache::SecondLevel* second) {
  StillFeed feed;
  cache::Cache cache({}, feed, feed.schema_changes(), second);
  const cache::Warmer warmer({}, cache.store(), {});
  return cache_metrics(cache, warmer);
}

TEST(CacheMetricsTest, a_second_level_tells_its_figures_and_those_of_its_redis) {
  db::redis::ClientOptions options;
  options.dial.address = db::redis::parse_address("unix:///nowhere/redis.sock");
  db::redis::Client client(options, Log(LogLevel::off, LogFormat::json));
  cache::SecondLevelOptions level;
  level.app = "notes";
  cache::SecondLevel second(client, level);
  second.put({}, std::nullopt);
  const std::string text = metrics_of(&second);
  EXPECT_THAT(text, HasSubstr("\nfreshet_cache_l2_puts_dropped_total 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE freshet_cache_redis_up gauge\nfreshet_cache_redis_up 0\n"));
  EXPECT_THAT(text, HasSubstr("\nfreshet_cache_shared_total 0\n"));
}

TEST(CacheMetricsTest, without_a_second_level_nothing_is_said_of_it) {
  const std::string text = metrics_of(nullptr);
  EXPECT_THAT(text, HasSubstr("freshet_cache_bypasses_total"));
  EXPECT_THAT(text, Not(HasSubstr("redis")));
  EXPECT_THAT(text, Not(HasSubstr("l2_")));
}

}  // namespace
}  // namespace freshet::api
