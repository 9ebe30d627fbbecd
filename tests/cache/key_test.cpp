#include "cache/key.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

using Call = std::map<std::string, Argument>;

Argument scalar(Value value) {
  Argument argument;
  argument.scalar = std::move(value);
  argument.given = true;
  return argument;
}

Argument list(std::vector<Value> items) {
  Argument argument;
  argument.items = std::move(items);
  argument.is_list = true;
  argument.given = true;
  return argument;
}

std::string key_of(std::string_view route, const Call& call, bool reversed = false) {
  std::vector<KeyPart> parts;
  for (const auto& [name, argument] : call) parts.push_back({.name = name, .argument = &argument});
  if (reversed) std::reverse(parts.begin(), parts.end());
  return make_key(route, parts);
}

TEST(Key, reads_like_the_request) {
  EXPECT_EQ(key_of("/dashboard/summary", {{"month", scalar("2025-01")}}), "dashboard:month=2025-01:summary");
  EXPECT_EQ(key_of("/accounts", {{"page", scalar(std::int64_t{2})}, {"all", scalar(true)}}),
            "accounts:all=true:page=2");
  EXPECT_EQ(key_of("/a/{id}/b", {{"id", scalar(std::int64_t{5})}}), "a:id=5:{id}:b");
  EXPECT_EQ(key_of("/", {}), "");
  EXPECT_EQ(key_of("/t", {{"c", list({Value("Food & Drink"), Value("a,b")})}}), "t:c=[Food%20&%20Drink,a%2Cb,]");
}

TEST(Key, does_not_depend_on_the_order_of_parameters_nor_on_those_not_given) {
  Call call{{"a", scalar("1")}, {"b", scalar("2")}, {"c", scalar(Null{})}};
  const std::string key = key_of("/x/y", call);
  EXPECT_EQ(key_of("/x/y", call, true), key);
  call["d"] = Argument{};
  EXPECT_EQ(key_of("/x/y", call), key);
}

TEST(Key, tells_values_apart_that_look_alike) {
  const std::vector<Argument> alike{scalar(Null{}),
                                    scalar("null"),
                                    scalar("'null"),
                                    scalar(""),
                                    scalar(std::int64_t{1}),
                                    scalar("1"),
                                    scalar(1.0),
                                    scalar("1.0"),
                                    scalar(true),
                                    scalar("true"),
                                    scalar(Blob{"1"}),
                                    scalar("x'31"),
                                    scalar("31"),
                                    list({}),
                                    list({Value("")}),
                                    list({Value("1")}),
                                    list({Value(std::int64_t{1})}),
                                    scalar("[]"),
                                    scalar("[1]"),
                                    list({Value("1"), Value("")}),
                                    scalar("nan"),
                                    scalar(1e300),
                                    scalar("1e300"),
                                    scalar("1e+300"),
                                    scalar("1e999")};
  std::set<std::string> keys;
  for (const Argument& argument : alike) keys.insert(key_of("/t", {{"v", argument}}));
  EXPECT_EQ(keys.size(), alike.size());
}

TEST(Key, routes_and_parameters_do_not_run_into_each_other) {
  std::set<std::string> keys;
  keys.insert(key_of("/a", {{"b", scalar("c")}}));
  keys.insert(key_of("/a/b=c", {}));
  keys.insert(key_of("/a:b=c", {}));
  keys.insert(key_of("/a", {{"b", scalar("c:d")}}));
  keys.insert(key_of("/a/d", {{"b", scalar("c")}}));
  keys.insert(key_of("/a/", {{"b", scalar("c")}}));
  keys.insert(key_of("/a//", {{"b", scalar("c")}}));
  keys.insert(key_of("/a", {{"b=c", scalar("")}}));
  keys.insert(key_of("/a%3Ab", {}));
  EXPECT_EQ(keys.size(), 9U);
}

// A value written so that equality of the text is equality of the value.
std::string exact(const Argument& argument) {
  std::string text = argument.is_list ? "list" : "scalar";
  const auto add = [&text](const Value& value) {
    text += "|" + std::to_string(value.index()) + "|";
    if (const auto* integer = std::get_if<std::int64_t>(&value)) text += std::to_string(*integer);
    if (const auto* flag = std::get_if<bool>(&value)) text += *flag ? "t" : "f";
    const auto* string = std::get_if<std::string>(&value);
    if (string != nullptr) text += std::to_string(string->size()) + ":" + *string;
  };
  if (!argument.is_list) add(argument.scalar);
  for (const Value& item : argument.items) add(item);
  return text;
}

TEST(Key, random_calls_share_a_key_only_if_they_are_the_same) {
  std::mt19937 random(7);
  const auto pick = [&random](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  const auto text = [&] {
    constexpr std::string_view alphabet = "a1:=,[]%'/2 ";
    std::string made;
    for (std::size_t i = pick(4); i > 0; --i) made.push_back(alphabet[pick(alphabet.size())]);
    return made;
  };
  const auto value = [&]() -> Value {
    switch (pick(4)) {
      case 0:
        return Null{};
      case 1:
        return pick(2) == 0;
      case 2:
        return static_cast<std::int64_t>(pick(3));
      default:
        return text();
    }
  };
  std::map<std::string, std::string> calls;
  for (int i = 0; i < 200'000; ++i) {
    std::string route;
    for (std::size_t n = 1 + pick(2); n > 0; --n) {
      route.push_back('/');
      for (const char c : text()) route += c == '/' ? 'b' : c;
    }
    std::string truth = std::to_string(route.size()) + route;
    Call call;
    for (std::size_t n = pick(3); n > 0; --n) {
      call[text()] = pick(3) == 0 ? list(std::vector<Value>(pick(3), value())) : scalar(value());
    }
    for (const auto& [name, argument] : call) truth += "#" + std::to_string(name.size()) + name + exact(argument);
    const auto [known, fresh] = calls.emplace(key_of(route, call), truth);
    ASSERT_EQ(known->second, truth) << known->first;
  }
  EXPECT_GT(calls.size(), 50'000U);
}

}  // namespace
}  // namespace freshet::cache
