#include "cache/prediction_ledger.hpp"

#include <gtest/gtest.h>

namespace freshet::cache {
namespace {

using std::chrono::seconds;

struct PredictionLedgerTest : testing::Test {
  PredictionLedger::Time now{std::chrono::hours(1)};
  PredictionLedger ledger{0.5};
  int number = 0;

  void predict_one(bool comes_true) {
    const std::string target = "/" + std::to_string(++number);
    EXPECT_TRUE(ledger.predict(target, now));
    if (comes_true) ledger.asked(target, now += seconds(1));
    now += seconds(31);
    ledger.asked("/something", now);
  }
};

TEST_F(PredictionLedgerTest, counts_what_came_true_in_time_and_what_did_not) {
  EXPECT_TRUE(ledger.predict("/a", now));
  EXPECT_TRUE(ledger.predict("/b", now));
  EXPECT_FALSE(ledger.predict("/a", now));
  ledger.asked("/a", now + seconds(29));
  ledger.asked("/b", now + seconds(31));
  EXPECT_EQ(ledger.figures().predicted, 2U);
  EXPECT_EQ(ledger.figures().used, 1U);
  EXPECT_EQ(ledger.figures().wasted, 1U);
  EXPECT_TRUE(ledger.predict("/a", now + seconds(40)));
}

TEST_F(PredictionLedgerTest, is_trusted_until_it_has_been_wrong_too_often) {
  for (int i = 0; i < 10; ++i) predict_one(false);
  EXPECT_TRUE(ledger.trusted()) << "too few to judge by";
  for (int i = 0; i < 20; ++i) predict_one(false);
  EXPECT_FALSE(ledger.trusted());
}

TEST_F(PredictionLedgerTest, is_trusted_again_once_it_would_have_been_right) {
  for (int i = 0; i < 50; ++i) predict_one(false);
  ASSERT_FALSE(ledger.trusted());
  for (int i = 0; i < 200; ++i) predict_one(true);
  EXPECT_TRUE(ledger.trusted());
}

TEST_F(PredictionLedgerTest, does_not_judge_what_it_could_not_see) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(ledger.predict("/a" + std::to_string(i), now));
    ledger.lose_sight();
    now += seconds(60);
  }
  EXPECT_EQ(ledger.figures().wasted, 0U);
  EXPECT_TRUE(ledger.trusted());
}

TEST_F(PredictionLedgerTest, keeps_only_so_many_open) {
  for (int i = 0; i < 1024; ++i) EXPECT_TRUE(ledger.predict(std::to_string(i), now));
  EXPECT_FALSE(ledger.predict("one more", now));
  EXPECT_TRUE(ledger.predict("one more", now + seconds(30)));
}

}  // namespace
}  // namespace freshet::cache
