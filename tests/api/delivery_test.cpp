// What a call is answered from while the schema is the one that was read, and when it is not any more.

#include "api/delivery.hpp"

#include <gtest/gtest.h>

#include "api/test_app.hpp"
#include "feed/feed.hpp"

namespace freshet::api {
namespace {

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    sql::RollupTable rollup;
    rollup.definition.name = "monthly";
    rollup.definition.source = "sales";
    rollup.definition.group_by = {"month"};
    rollup.source.name = "sales";
    rollup.source.columns = {{.name = "month", .affinity = sql::Affinity::text}};
    rollup.not_null = {"month"};
    rollup.columns = {"month", "n"};
    endpoint_ = app_.endpoint("sales.sql", "SELECT month, count(*) AS sales FROM sales GROUP BY month ORDER BY month",
                              {rollup});
    guard_ = SchemaGuard(*feed_);
  }
  ~DeliveryTest() override { feed_->close(); }

  void execute(std::string_view sql) { app_.connection()->execute(sql); }

  std::string ask(const SchemaGuard& guard) {
    std::string body;
    run_to_end(ask(guard, body));
    return body;
  }

  TestApp app_{
      "CREATE TABLE sales (month TEXT NOT NULL); CREATE TABLE monthly (month TEXT PRIMARY KEY, n INTEGER NOT NULL);"
      "CREATE TABLE notes (a);"
      "INSERT INTO sales VALUES ('2026-01'); INSERT INTO monthly VALUES ('2026-01', 100)"};
  std::unique_ptr<feed::Feed> feed_ = feed::open_feed(app_.database_options(), app_.database());
  EndpointPtr endpoint_;
  SchemaGuard guard_;

 private:
  boost::asio::awaitable<void> ask(const SchemaGuard& guard, std::string& body) {
    CallArguments arguments;
    arguments.items.emplace_back();
    Delivery delivery =
        co_await deliver(app_.database(), *endpoint_, std::move(arguments), guard, endpoint_->route, "", nullptr);
    body = delivery.body.view();
  }
};

constexpr const char* of_rollup = R"([{"month":"2026-01","sales":100}])";
constexpr const char* of_source = R"([{"month":"2026-01","sales":1}])";

TEST_F(DeliveryTest, a_rollup_is_asked_while_the_schema_is_the_one_that_was_read) {
  ASSERT_TRUE(endpoint_->reads_rollups());
  EXPECT_EQ(ask(guard_), of_rollup);
  execute("INSERT INTO notes VALUES (1)");  // a commit is no other schema
  EXPECT_EQ(ask(guard_), of_rollup);
}

TEST_F(DeliveryTest, its_source_is_asked_at_once_when_anybody_has_changed_the_schema) {
  execute("CREATE TABLE other (a)");
  EXPECT_EQ(ask(guard_), of_source);
  EXPECT_EQ(ask(SchemaGuard(*feed_)), of_rollup) << "who has read the new schema knows better";
}

TEST_F(DeliveryTest, its_source_is_asked_when_the_rollup_is_gone) {
  execute("DROP TABLE monthly");
  EXPECT_EQ(ask(guard_), of_source);
}

TEST_F(DeliveryTest, its_source_is_asked_where_nobody_can_tell_of_the_schema) {
  EXPECT_EQ(ask(SchemaGuard()), of_source);
  feed_->close();
  execute("INSERT INTO notes VALUES (1)");
  EXPECT_EQ(ask(guard_), of_source);
}

}  // namespace
}  // namespace freshet::api
