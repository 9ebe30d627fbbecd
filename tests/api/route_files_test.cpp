#include "api/route_files.hpp"

#include <gtest/gtest.h>

namespace freshet::api {
namespace {

using http::Method;

std::string refusal(const std::filesystem::path& path) {
  try {
    (void)route_of(path);
  } catch (const Error& error) {
    return error.message() + " | " + error.hint();
  }
  return "accepted";
}

TEST(RouteOf, the_path_is_the_route) {
  EXPECT_EQ(route_of("transactions.sql").route, "/transactions");
  EXPECT_EQ(route_of("dashboard/summary/slim.sql").route, "/dashboard/summary/slim");
  EXPECT_EQ(route_of("dashboard/index.sql").route, "/dashboard");
  EXPECT_EQ(route_of("index.sql").route, "/");
}

TEST(RouteOf, the_suffix_is_the_method) {
  EXPECT_EQ(route_of("t.sql").method, Method::get);
  EXPECT_EQ(route_of("t.post.sql").method, Method::post);
  EXPECT_EQ(route_of("t/[id].delete.sql").method, Method::delete_);
  EXPECT_EQ(route_of("index.put.sql").method, Method::put);
  EXPECT_EQ(route_of("t.patch.postgres.sql").method, Method::patch);
}

TEST(RouteOf, brackets_are_parameters) {
  const RouteFile route = route_of("users/[user]/notes/[note].sql");
  EXPECT_EQ(route.route, "/users/{user}/notes/{note}");
  EXPECT_EQ(route.parameters, (std::vector<std::string>{"user", "note"}));
}

TEST(RouteOf, other_dots_stay_in_the_route) { EXPECT_EQ(route_of("v1.2/status.sql").route, "/v1.2/status"); }

TEST(RouteOf, says_what_does_not_fit) {
  EXPECT_EQ(refusal("[a b].sql"),
            "`[a b]` is no parameter name | letters, digits and _ within the brackets, as in [category]");
  EXPECT_EQ(refusal("[a]/[a].sql"), "the path has the parameter [a] twice | ");
  EXPECT_EQ(refusal("t.pots.sql"), "`.pots` is no method | did you mean `post`?");
  EXPECT_TRUE(refusal("a b.sql").starts_with("`a b` cannot be part of a route"));
}

}  // namespace
}  // namespace freshet::api
