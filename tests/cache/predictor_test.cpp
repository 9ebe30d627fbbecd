#include "cache/predictor.hpp"

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

std::vector<std::string> targets(const std::vector<Prediction>& predictions) {
  std::vector<std::string> texts;
  for (const Prediction& prediction : predictions) texts.push_back(prediction.target);
  return texts;
}

struct PredictorTest : testing::Test {
  Predictor predictor;
  void learn(const std::string& previous, const std::string& next, int times = 1) {
    for (int i = 0; i < times; ++i) predictor.learn(previous, next);
  }
  [[nodiscard]] std::vector<std::string> after(const std::string& target) const {
    return targets(predictor.predict(target));
  }
};

TEST_F(PredictorTest, knows_nothing_at_first_and_believes_nothing_seen_seldom) {
  EXPECT_TRUE(after("/a").empty());
  learn("/a", "/b", 3);
  EXPECT_TRUE(after("/a").empty());
  learn("/a", "/b");
  EXPECT_EQ(after("/a"), std::vector<std::string>{"/b"});
}

TEST_F(PredictorTest, predicts_what_follows_more_often_than_not) {
  learn("/a", "/b", 6);
  learn("/a", "/c", 4);
  ASSERT_EQ(after("/a"), std::vector<std::string>{"/b"});
  EXPECT_NEAR(predictor.predict("/a")[0].probability, 0.6, 0.01);
  learn("/a", "/d", 10);
  EXPECT_EQ(after("/a"), std::vector<std::string>{"/d"});
}

TEST_F(PredictorTest, predicts_for_a_month_that_nobody_has_seen) {
  learn("/summary?month=2025-06", "/summary?month=2025-05");
  learn("/summary?month=2025-05", "/summary?month=2025-04");
  learn("/summary?month=2024-09", "/summary?month=2024-08");
  learn("/summary?month=2024-01", "/summary?month=2023-12");
  EXPECT_EQ(predictor.predict("/summary?month=2019-03").at(0).target, "/summary?month=2019-02");
}

TEST_F(PredictorTest, looks_two_steps_ahead_when_both_are_likely) {
  learn("/a", "/b", 10);
  learn("/b", "/c", 10);
  learn("/c", "/d", 10);
  EXPECT_EQ(after("/a"), (std::vector<std::string>{"/b", "/c"}));
  learn("/b", "/x", 9);
  EXPECT_EQ(after("/a"), (std::vector<std::string>{"/b", "/c"}));
  learn("/b", "/x", 9);
  EXPECT_EQ(after("/a"), (std::vector<std::string>{"/b", "/x"}));
}

TEST_F(PredictorTest, never_predicts_where_one_is) {
  learn("/a", "/a", 10);
  learn("/a", "/b", 10);
  learn("/b", "/a", 10);
  EXPECT_EQ(after("/a"), std::vector<std::string>{"/b"});
}

TEST_F(PredictorTest, old_habits_fade) {
  learn("/a", "/b", 1000);
  learn("/a", "/c", 400);
  EXPECT_EQ(after("/a"), std::vector<std::string>{"/c"});
}

TEST_F(PredictorTest, a_habit_outlives_a_flood_of_others) {
  learn("/home", "/dashboard", 100);
  for (int i = 0; i < 100'000; ++i) {
    if (i % 100 == 0) learn("/home", "/dashboard");
    learn("/x" + std::to_string(i) + "y", "/z" + std::to_string(i) + "y");
  }
  EXPECT_EQ(after("/home"), std::vector<std::string>{"/dashboard"});
}

}  // namespace
}  // namespace freshet::cache
