#include "api/body.hpp"

#include <gtest/gtest.h>

namespace freshet::api {
namespace {

std::string refusal(std::string_view text, bool array_allowed = false) {
  try {
    (void)JsonBody::parse(text, array_allowed, 3);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(JsonBody, members_are_slices_of_the_text_so_that_numbers_keep_every_digit) {
  const std::string text = R"( { "a" : 1.2300 , "b":[1, {"c":"}"}], "d":"x\"y" , "e":null,"f":-0.5e3} )";
  const JsonBody body = JsonBody::parse(text, false, 1);
  ASSERT_EQ(body.objects.size(), 1U);
  const JsonObject& object = body.objects.front();
  ASSERT_EQ(object.size(), 5U);
  EXPECT_EQ(object[0].raw, "1.2300");
  EXPECT_EQ(object[1].raw, R"([1, {"c":"}"}])");
  EXPECT_EQ(object[2].raw, R"("x\"y")");
  EXPECT_EQ(object[3].raw, "null");
  EXPECT_EQ(object[4].raw, "-0.5e3");
}

TEST(JsonBody, names_are_unescaped) {
  const JsonBody body = JsonBody::parse(R"({"am\u006funt":1,"a\"b":2})", false, 1);
  EXPECT_EQ(body.objects.front()[0].name, "amount");
  EXPECT_EQ(body.objects.front()[1].name, "a\"b");
  EXPECT_EQ(body.objects.front()[1].raw, "2");
}

TEST(JsonBody, an_array_gives_one_object_an_item) {
  const JsonBody body = JsonBody::parse(R"([{"a":1},{},{"a":3}])", true, 3);
  EXPECT_TRUE(body.array);
  ASSERT_EQ(body.objects.size(), 3U);
  EXPECT_TRUE(body.objects[1].empty());
  EXPECT_EQ(body.objects[2][0].raw, "3");
}

TEST(JsonBody, an_empty_object_has_no_members) { EXPECT_TRUE(JsonBody::parse("{}", false, 1).objects.front().empty()); }

TEST(JsonBody, says_what_is_wrong) {
  EXPECT_EQ(refusal(""), "the body is empty; JSON is expected");
  EXPECT_EQ(refusal("{\"a\":"), "the body is not valid JSON");
  EXPECT_EQ(refusal("{\"a\":1}}"), "the body is not valid JSON");
  EXPECT_EQ(refusal("{'a':1}"), "the body is not valid JSON");
  EXPECT_EQ(refusal("{\"a\":\"\xff\"}"), "the body is not valid UTF-8");
  EXPECT_EQ(refusal("7"), "the body must be a JSON object");
  EXPECT_EQ(refusal("[{}]"), "the body must be one JSON object, not an array");
  EXPECT_EQ(refusal("[{},3]", true), "item 1 of the body must be a JSON object");
  EXPECT_EQ(refusal("[{},{},{},{}]", true), "at most 3 items may be sent at once");
  EXPECT_EQ(refusal(R"({"a":1,"\u0061":2})"), "the body has the member \"a\" twice");
  EXPECT_EQ(refusal("{\"a\":1" + std::string(400, '0') + "}"),
            "the body has a number that is malformed or out of range");
}

TEST(JsonBody, nesting_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(refusal(nested(json_depth_max - 1)), "accepted");
  EXPECT_EQ(refusal(nested(json_depth_max + 1)), "the body is nested deeper than 32 levels");
  EXPECT_EQ(refusal(nested(100'000)), "the body is nested deeper than 32 levels");
}

TEST(JsonBody, members_of_an_object_are_bounded) {
  std::string text = "{";
  for (std::size_t i = 0; i <= json_members_max; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  EXPECT_EQ(refusal(text + "}"), "an object of the body has more than 256 members");
}

}  // namespace
}  // namespace freshet::api
