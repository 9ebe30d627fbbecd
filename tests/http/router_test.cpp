#include "http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet::http {
namespace {

using testing::ElementsAre;

class RouterTest : public testing::Test {
 protected:
  Router::Match find(std::string_view path, Method method = Method::get) { return router.match(method, path, values); }
  Router router;
  std::vector<std::string_view> values;
};

TEST_F(RouterTest, literals_win_over_parameters) {
  router.add(Method::get, "/items/{id}", 1);
  router.add(Method::get, "/items/new", 2);
  EXPECT_EQ(find("/items/new").index, 2U);
  EXPECT_EQ(find("/items/7").index, 1U);
  EXPECT_THAT(values, ElementsAre("7"));
}

TEST_F(RouterTest, a_literal_that_leads_nowhere_gives_way_to_the_parameter) {
  router.add(Method::get, "/a/b/c", 1);
  router.add(Method::get, "/a/{x}/d", 2);
  router.add(Method::get, "/{y}/b/e", 3);
  EXPECT_EQ(find("/a/b/d").index, 2U);
  EXPECT_THAT(values, ElementsAre("b"));
  EXPECT_EQ(find("/a/b/e").index, 3U);
  EXPECT_THAT(values, ElementsAre("a"));
  EXPECT_FALSE(find("/a/b/f").path_found);
  EXPECT_TRUE(values.empty());
}

TEST_F(RouterTest, values_stay_encoded_and_in_order) {
  router.add(Method::get, "/{a}/x/{b}", 5);
  EXPECT_TRUE(find("/1%2F2/x/%20").method_found);
  EXPECT_THAT(values, ElementsAre("1%2F2", "%20"));
}

TEST_F(RouterTest, an_encoded_literal_is_the_same_route) {
  router.add(Method::get, "/caf\xC3\xA9/drill-down", 1);
  EXPECT_TRUE(find("/caf%C3%A9/drill%2Ddown").method_found);
}

TEST_F(RouterTest, a_trailing_slash_is_another_route_and_parameters_are_not_empty) {
  router.add(Method::get, "/items", 1);
  router.add(Method::get, "/items/{id}", 2);
  EXPECT_FALSE(find("/items/").path_found);
  EXPECT_FALSE(find("/items//").path_found);
  EXPECT_FALSE(find("//items").path_found);
  EXPECT_FALSE(find("").path_found);
  EXPECT_FALSE(find("items").path_found);
}

TEST_F(RouterTest, the_root_is_a_route) {
  router.add(Method::get, "/", 9);
  EXPECT_EQ(find("/").index, 9U);
  EXPECT_TRUE(find("/").method_found);
}

TEST_F(RouterTest, head_is_served_by_get_unless_it_has_its_own) {
  router.add(Method::get, "/a", 1);
  router.add(Method::get, "/b", 2);
  router.add(Method::head, "/b", 3);
  EXPECT_EQ(find("/a", Method::head).index, 1U);
  EXPECT_EQ(find("/b", Method::head).index, 3U);
}

TEST_F(RouterTest, a_known_path_with_another_method_is_found_without_the_method) {
  router.add(Method::get, "/a", 1);
  router.add(Method::post, "/a", 2);
  const Router::Match match = find("/a", Method::delete_);
  EXPECT_TRUE(match.path_found);
  EXPECT_FALSE(match.method_found);
  EXPECT_EQ(router.allowed("/a"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(router.allowed("/none"), "");
}

TEST_F(RouterTest, a_parameter_route_serves_the_methods_that_the_literal_lacks) {
  router.add(Method::get, "/items/new", 1);
  router.add(Method::delete_, "/items/{id}", 2);
  EXPECT_EQ(find("/items/new", Method::delete_).index, 2U);
  EXPECT_THAT(values, ElementsAre("new"));
  EXPECT_EQ(router.allowed("/items/new"), "GET, HEAD, DELETE, OPTIONS");
}

TEST_F(RouterTest, refuses_duplicates_and_bad_patterns) {
  router.add(Method::get, "/a/{x}", 1);
  EXPECT_THROW(router.add(Method::get, "/a/{y}", 2), Error);
  EXPECT_NO_THROW(router.add(Method::post, "/a/{y}", 2));
  for (const char* pattern : {"", "a", "//", "/a//b", "/a{b}", "/{a}b", "/}", "/{}"}) {
    EXPECT_THROW(router.add(Method::get, pattern, 3), Error) << pattern;
  }
}

TEST_F(RouterTest, near_routes_come_best_first) {
  router.add(Method::get, "/dashboard/summary", 1);
  router.add(Method::get, "/dashboard/savings", 2);
  router.add(Method::get, "/transactions", 3);
  EXPECT_THAT(router.near("/dashboard/sumary", 1), ElementsAre("/dashboard/summary"));
  EXPECT_THAT(router.near("/transactions/", 5), ElementsAre("/transactions"));
  EXPECT_TRUE(router.near("/nothing/like/it/at/all", 5).empty());
}

}  // namespace
}  // namespace freshet::http
