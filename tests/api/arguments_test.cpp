#include "api/arguments.hpp"

#include <gtest/gtest.h>

#include "api/test_app.hpp"

namespace freshet::api {
namespace {

constexpr std::string_view schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, month TEXT, amount INTEGER)";

class ReadArguments : public ::testing::Test {
 protected:
  /// The fields that are wrong, as "in field: code", or "ok".
  std::vector<std::string> refusals(const Endpoint& endpoint, std::string_view query, std::string_view body = {},
                                    std::string_view content_type = "application/json",
                                    std::vector<std::string_view> path_values = {}) {
    const std::vector<http::Header> headers{{.name = "content-type", .value = content_type},
                                            {.name = "if-match", .value = "7"}};
    http::Request request;
    request.query = query;
    request.body = body;
    request.headers = headers;
    std::vector<std::string> out;
    try {
      read = read_arguments(endpoint, request, path_values, reject_unknown);
    } catch (const Error& error) {
      for (const FieldProblem& field : error.fields()) out.push_back(field.in + " " + field.field + ": " + field.code);
      if (out.empty()) out.push_back(error.message());
    }
    return out;
  }
  using Fields = std::vector<std::string>;

  TestApp app{schema};
  bool reject_unknown = true;
  CallArguments read;
};

TEST_F(ReadArguments, every_mistake_of_a_query_is_listed_at_once) {
  const EndpointPtr endpoint = app.endpoint("t.sql", R"(-- @param month month required
-- @param limit int min=1 max=100 = 10
-- @param kinds enum(a,b)[]
SELECT * FROM t WHERE month = :month AND id IN (:kinds) LIMIT :limit)");
  EXPECT_EQ(refusals(*endpoint, "limit=0&kinds=a,c&mont=2025-01"),
            (Fields{"query kinds: enum", "query limit: min", "query mont: unknown", "query month: required"}));
  EXPECT_EQ(refusals(*endpoint, "month=2025-01"), Fields{});
  EXPECT_EQ(std::get<std::int64_t>(read.items.front()[1].scalar), 10);
  EXPECT_FALSE(read.items.front()[1].given);
}

TEST_F(ReadArguments, lists_may_be_repeated_or_comma_separated_and_scalars_may_not) {
  const EndpointPtr endpoint = app.endpoint("t.sql", R"(-- @param ids int[]
-- @param month month
SELECT * FROM t WHERE id IN (:ids) AND month = :month)");
  EXPECT_EQ(refusals(*endpoint, "ids=1,2&ids=3"), Fields{});
  EXPECT_EQ(read.items.front()[0].items.size(), 3U);
  EXPECT_EQ(refusals(*endpoint, "month=2025-01&month=2025-02"), Fields{"query month: repeated"});
}

TEST_F(ReadArguments, marks_of_browsers_and_campaigns_are_let_through) {
  const EndpointPtr endpoint = app.endpoint("t.sql", "-- @param month month\nSELECT * FROM t WHERE month = :month");
  EXPECT_EQ(refusals(*endpoint, "_=123&utm_source=x"), Fields{});
  reject_unknown = false;
  EXPECT_EQ(refusals(*endpoint, "anything=1"), Fields{});
}

TEST_F(ReadArguments, path_and_header_parameters_are_typed_too) {
  const EndpointPtr endpoint = app.endpoint("t/[id].sql", R"(-- @param id int
-- @param if_match int in=header
SELECT * FROM t WHERE id = :id AND amount = :if_match)");
  EXPECT_EQ(refusals(*endpoint, "", "", "", {"x%20y"}), Fields{"path id: type"});
  EXPECT_EQ(refusals(*endpoint, "", "", "", {"1%"}), Fields{"the path has a malformed escape or is not UTF-8"});
  EXPECT_EQ(refusals(*endpoint, "", "", "", {"%31"}), Fields{});
  EXPECT_EQ(std::get<std::int64_t>(read.items.front()[0].scalar), 1);
  EXPECT_EQ(std::get<std::int64_t>(read.items.front()[1].scalar), 7);
}

class ReadBody : public ReadArguments {
 protected:
  EndpointPtr endpoint = app.endpoint("t.post.sql", R"(-- @param month month required
-- @param amount int required
-- @bulk max=3
INSERT INTO t (month, amount) VALUES (:month, :amount) RETURNING id)");
};

TEST_F(ReadBody, takes_json_objects) {
  EXPECT_EQ(refusals(*endpoint, "", R"({"month":"2025-01","amount":5})"), Fields{});
  EXPECT_FALSE(read.bulk);
  EXPECT_EQ(refusals(*endpoint, "", R"({"month":null,"amount":"5x","extra":1})"),
            (Fields{"body month: required", "body amount: type", "body extra: unknown"}));
}

TEST_F(ReadBody, names_the_item_that_is_wrong) {
  EXPECT_EQ(refusals(*endpoint, "", R"([{"month":"2025-01","amount":5},{"month":"2025-99","amount":5},{"amount":1}])"),
            (Fields{"body items[1].month: type", "body items[2].month: required"}));
}

TEST_F(ReadBody, takes_forms) {
  EXPECT_EQ(refusals(*endpoint, "", "month=2025-01&amount=5", "application/x-www-form-urlencoded; charset=utf-8"),
            Fields{});
}

TEST_F(ReadBody, refuses_what_it_cannot_read) {
  EXPECT_EQ(refusals(*endpoint, "", "<x/>", "text/xml"),
            Fields{"bodies of type text/xml are not read here; send application/json"});
  EXPECT_EQ(refusals(*endpoint, "", "{}", ""), Fields{"the body needs a Content-Type; application/json is expected"});
  EXPECT_EQ(refusals(*endpoint, "", ""), (Fields{"body month: required", "body amount: required"}));
  EXPECT_EQ(refusals(*endpoint, "", "[{},{},{},{}]"), Fields{"at most 3 items may be sent at once"});
  EXPECT_EQ(refusals(*endpoint, "amount=1", R"({"month":"2025-01","amount":5})"), Fields{"query amount: unknown"});
}

}  // namespace
}  // namespace freshet::api
