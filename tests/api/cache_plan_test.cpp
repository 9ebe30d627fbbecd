#include "api/cache_plan.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "api/app.hpp"
#include "api/plan_text.hpp"
#include "api/test_app.hpp"
#include "db/migrations.hpp"
#include "sql/golden_file.hpp"

namespace freshet::api {
namespace {

namespace fs = std::filesystem;
using freshet::testing::GoldenCase;

constexpr const char* ledger =
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL COLLATE NOCASE, opened DATE);"
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts (id),"
    " month TEXT NOT NULL, kind TEXT NOT NULL, amount_cents INTEGER NOT NULL, rate REAL);"
    "CREATE VIEW balances AS SELECT account_id, month, sum(amount_cents) AS cents FROM entries GROUP BY account_id, "
    "month;"
    "CREATE VIRTUAL TABLE words USING fts5(text);";

class CachePlanTest : public ::testing::Test {
 protected:
  TestApp app{ledger};

  Arguments arguments(const Endpoint& endpoint, std::string_view query, std::vector<std::string_view> path = {}) {
    http::Request request;
    request.path = endpoint.route;
    request.query = query;
    return read_arguments(endpoint, request, path, true).items.front();
  }
  std::string key(const Endpoint& endpoint, std::string_view query, std::string_view path = {}) {
    return key_of(endpoint, arguments(endpoint, query), path.empty() ? endpoint.route : path, query);
  }
  std::vector<std::string> tags(const Endpoint& endpoint, std::string_view query, const UnseenShapes& unseen = {}) {
    const auto found = tags_of(*endpoint.cache, endpoint, arguments(endpoint, query), unseen);
    if (!found) return {"not kept"};
    std::vector<std::string> texts;
    for (const feed::Tag& tag : *found) texts.push_back(tag.text);
    return texts;
  }
};

using Texts = std::vector<std::string>;

TEST_F(CachePlanTest, a_target_stands_for_an_answer_only_if_no_header_and_no_clock_has_a_say_in_it) {
  const EndpointPtr plain = app.endpoint("plain.sql", "-- @param id int\nSELECT month FROM entries WHERE id = :id");
  EXPECT_TRUE(target_says_all(*plain, arguments(*plain, "id=1")));
  const EndpointPtr header = app.endpoint(
      "header.sql", "-- @param their_month text in=header\nSELECT id FROM entries WHERE month = :their_month");
  EXPECT_FALSE(target_says_all(*header, arguments(*header, "")));
  EXPECT_EQ(header->vary, "their-month");
  const EndpointPtr clock =
      app.endpoint("clock.sql", "-- @param month month = now\nSELECT id FROM entries WHERE month = :month");
  EXPECT_FALSE(target_says_all(*clock, arguments(*clock, "")));
  EXPECT_TRUE(target_says_all(*clock, arguments(*clock, "month=2026-01")));
}

// Each file: `=== FILE?QUERY`, the endpoint's text, `---`, its plan for that query.
TEST_F(CachePlanTest, plans_of_a_ledger_are_as_written_down) {
  const fs::path file = fs::path(FRESHET_SOURCE_DIR) / "tests/api/golden/cache_plan_ledger.txt";
  std::vector<GoldenCase> cases = freshet::testing::read_golden(file);
  for (GoldenCase& each : cases) {
    const std::size_t question = std::min(each.title.find('?'), each.title.size());
    const EndpointPtr endpoint = app.endpoint(each.title.substr(0, question), each.input);
    const std::string query = question == each.title.size() ? std::string() : each.title.substr(question + 1);
    const std::string text = plan_text(*endpoint, query);
    if (!freshet::testing::updating_golden()) {
      EXPECT_EQ(text, each.expected) << each.title;
    }
    each.expected = text;
  }
  if (freshet::testing::updating_golden()) freshet::testing::write_golden(file, cases);
}

// `=== ROUTE`, a query, `---`, the plan.
TEST(CachePlanOfHousehold, plans_are_as_written_down) {
  const fs::path file = fs::path(FRESHET_SOURCE_DIR) / "tests/api/golden/cache_plan_household.txt";
  AppConfig config;
  config.folder = fs::path(FRESHET_SOURCE_DIR) / "apps/household";
  TestApp scratch("SELECT 1");
  db::migrate_up(*scratch.connection(), db::read_migrations(config.folder / "migrations", db::Dialect::sqlite),
                 [](const db::Migration&) {});
  Diagnostics problems;
  const std::shared_ptr<App> household = load_app(config, scratch.database(), problems);
  ASSERT_TRUE(household) << describe(problems.front());
  std::vector<GoldenCase> cases = freshet::testing::read_golden(file);
  std::size_t found = 0;
  for (GoldenCase& each : cases) {
    for (const EndpointPtr& endpoint : household->endpoints) {
      if (endpoint->method != http::Method::get || endpoint->route != each.title) continue;
      ++found;
      const std::string text = plan_text(*endpoint, each.input);
      if (!freshet::testing::updating_golden()) {
        EXPECT_EQ(text, each.expected) << each.title;
      }
      each.expected = text;
    }
  }
  EXPECT_EQ(found, cases.size());
  if (freshet::testing::updating_golden()) freshet::testing::write_golden(file, cases);
}

TEST_F(CachePlanTest, defaults_name_pieces_and_make_a_key_of_their_own) {
  const EndpointPtr endpoint =
      app.endpoint("a.sql", "-- @param month month = 2025-01\nSELECT * FROM entries WHERE month = :month");
  EXPECT_EQ(tags(*endpoint, ""), Texts{"entries[month=2025-01]"});
  EXPECT_EQ(tags(*endpoint, "month=2025-02"), Texts{"entries[month=2025-02]"});
  EXPECT_EQ(key(*endpoint, ""), "a");
  EXPECT_EQ(key(*endpoint, "month=2025-02"), "a:month=2025-02");
}

TEST_F(CachePlanTest, what_the_feed_cannot_see_is_the_whole_table_or_not_kept) {
  const EndpointPtr endpoint = app.endpoint("a.sql",
                                            "-- @param month month required\n"
                                            "SELECT * FROM entries WHERE month = :month");
  const feed::Shape piece{.table = "entries", .columns = {"month"}};
  const feed::Shape whole{.table = "entries", .columns = {}};
  EXPECT_EQ(endpoint->cache->shapes, (std::vector<feed::Shape>{whole, piece}));
  EXPECT_EQ(tags(*endpoint, "month=2025-01", {piece}), Texts{"entries"});
  EXPECT_EQ(tags(*endpoint, "month=2025-01", {piece, whole}), Texts{"not kept"});
}

TEST_F(CachePlanTest, statements_that_do_not_run_count_for_nothing) {
  const EndpointPtr endpoint = app.endpoint("a.sql",
                                            "-- @param part enum(none,all) = none\n"
                                            "-- @name accounts\nSELECT * FROM accounts;\n"
                                            "-- @name entries\n-- @when part = all\nSELECT * FROM entries");
  EXPECT_EQ(tags(*endpoint, ""), Texts{"accounts"});
  EXPECT_EQ(tags(*endpoint, "part=all"), (Texts{"accounts", "entries"}));
}

TEST_F(CachePlanTest, an_answer_of_this_moment_is_not_kept) {
  const EndpointPtr endpoint =
      app.endpoint("a.sql", "-- @param day text\nSELECT * FROM accounts WHERE opened = date(:day)");
  EXPECT_TRUE(endpoint->cache->cacheable);
  EXPECT_EQ(tags(*endpoint, "day=now"), Texts{"not kept"});
  EXPECT_EQ(tags(*endpoint, "day=2025-01-01"), Texts{"accounts"});
}

TEST_F(CachePlanTest, tags_come_once_and_manual_ones_with_them) {
  const EndpointPtr endpoint =
      app.endpoint("a.sql",
                   "-- @param months month[]\n-- @tags books\n"
                   "SELECT a.id FROM entries AS a JOIN entries AS b USING (month) WHERE month IN (:months)");
  EXPECT_EQ(tags(*endpoint, "months=2025-01,2025-02"),
            (Texts{"entries[month=2025-01]", "entries[month=2025-02]", "books"}));
}

TEST_F(CachePlanTest, links_of_a_page_are_part_of_its_key_where_arguments_do_not_say_how_they_read) {
  const EndpointPtr endpoint = app.endpoint("a.sql",
                                            "-- @param kind text\n-- @param month month\n-- @shape page\n"
                                            "SELECT * FROM entries WHERE kind = :kind AND month = :month");
  EXPECT_EQ(key(*endpoint, "kind=in&month=2025-01"), "a:kind=in:month=2025-01");
  EXPECT_EQ(key(*endpoint, "kind=in&month=2025-01&page=2"), "a:kind=in:month=2025-01:page=2");
  EXPECT_EQ(key(*endpoint, "page=2&kind=in&month=2025-01"), "a:kind=in:month=2025-01:page=2");
  EXPECT_NE(key(*endpoint, "month=2025-01&kind=in"), key(*endpoint, "kind=in&month=2025-01"));
  EXPECT_NE(key(*endpoint, "kind=i%6e&month=2025-01"), key(*endpoint, "kind=in&month=2025-01"));
  EXPECT_NE(key(*endpoint, "kind=in&month=2025-01&_=1"), key(*endpoint, "kind=in&month=2025-01"));
  EXPECT_NE(key(*endpoint, "kind=in", "/other"), key(*endpoint, "kind=in"));
}

TEST_F(CachePlanTest, the_links_of_a_page_below_a_parameter_in_the_path_read_like_it) {
  const EndpointPtr endpoint = app.endpoint("accounts/[id]/entries.sql",
                                            "-- @param id int\n-- @shape page\n"
                                            "SELECT * FROM entries WHERE account_id = :id");
  const Arguments five = arguments(*endpoint, "", {"5"});
  EXPECT_EQ(key_of(*endpoint, five, "/accounts/5/entries", ""), "accounts:id=5:{id}:entries");
  EXPECT_NE(key_of(*endpoint, five, "/accounts/%35/entries", ""), "accounts:id=5:{id}:entries");
}

TEST_F(CachePlanTest, other_answers_do_not_depend_on_how_a_query_is_spelled) {
  const EndpointPtr endpoint = app.endpoint("a.sql", "-- @param x text\n-- @param y text\nSELECT :x AS x, :y AS y");
  EXPECT_EQ(key(*endpoint, "x=1&y=%32"), key(*endpoint, "y=2&x=1&_=17"));
}

TEST_F(CachePlanTest, who_asks_for_a_cache_that_there_cannot_be_is_told) {
  EXPECT_EQ(app.problems("a.sql", "-- Rows.\n-- @cache 10m\n-- @shape rows\nSELECT * FROM entries").size(), 1U);
  const Texts time = app.problems("b.sql", "-- @cache 10m\nSELECT now() AS t");
  ASSERT_EQ(time.size(), 1U);
  EXPECT_TRUE(time.front().starts_with("1:4: this is not cached: now() never answers the same twice")) << time.front();
  EXPECT_EQ(app.problems("c.post.sql", "-- @tags a\nINSERT INTO words VALUES ('x')"),
            Texts{"1:1: `@tags` is about what is cached (only GET is)"});
  EXPECT_EQ(app.problems("d.sql", "-- @cache off\nSELECT now() AS t"), Texts{});
}

}  // namespace
}  // namespace freshet::api
