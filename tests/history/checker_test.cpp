// The checker itself: histories that are right pass, and each way of being wrong is found and named.

#include "history/checker.hpp"

#include <gtest/gtest.h>

namespace freshet::history {
namespace {

constexpr QuestionId q = 0, other = 1;

/// Question q has answer 10·k in state k; the other one's answer changes with state 2 only.
class CheckerTest : public testing::Test {
 protected:
  CheckerTest() : checker({0, 5}) {
    commit(100, 110, {{q, 10}});
    commit(200, 210, {{q, 20}, {other, 7}});
    commit(300, 310, {{q, 30}});
  }
  void commit(Time begun, Time returned, std::initializer_list<Change> changes) {
    checker.commit({.begun = begun, .returned = returned}, std::vector<Change>(changes));
  }
  std::optional<Wrong> check(Digest answer, Time begun, Time ended, QuestionId question = q, SessionId session = 0) {
    const auto violation =
        checker.check({.answer = answer, .begun = begun, .ended = ended, .question = question, .session = session});
    return violation ? std::optional(violation->wrong) : std::nullopt;
  }
  Checker checker;
};

TEST_F(CheckerTest, an_answer_of_the_state_of_the_moment_is_right) {
  EXPECT_EQ(check(0, 10, 20), std::nullopt);
  EXPECT_EQ(check(10, 150, 160), std::nullopt);
  EXPECT_EQ(check(30, 400, 500), std::nullopt);
}

TEST_F(CheckerTest, while_a_commit_is_under_way_both_states_are_right) {
  EXPECT_EQ(check(10, 202, 204, q, 1), std::nullopt);
  EXPECT_EQ(check(20, 202, 204, q, 2), std::nullopt);
}

TEST_F(CheckerTest, a_long_request_may_get_any_state_that_it_spans) {
  for (const Digest answer : {0, 10, 20, 30})
    EXPECT_EQ(check(answer, 90, 350, q, static_cast<SessionId>(answer)), std::nullopt);
}

TEST_F(CheckerTest, a_stale_read_is_found) {
  EXPECT_EQ(check(10, 211, 220), Wrong::stale);
  EXPECT_EQ(check(0, 111, 120), Wrong::stale);
  EXPECT_EQ(check(5, 250, 260, other), Wrong::stale);
}

TEST_F(CheckerTest, an_answer_from_the_future_is_found) { EXPECT_EQ(check(20, 120, 199), Wrong::early); }

TEST_F(CheckerTest, what_was_rolled_back_or_mixed_is_found) { EXPECT_EQ(check(999, 150, 350), Wrong::impossible); }

TEST_F(CheckerTest, a_lost_update_is_found) {
  // The second of two increments is built on what was before the first: the answer goes back for good.
  commit(400, 410, {{q, 40}});
  commit(500, 510, {{q, 50}});
  EXPECT_EQ(check(40, 600, 610), Wrong::stale);
}

TEST_F(CheckerTest, a_session_that_goes_back_in_time_is_found_though_each_answer_alone_is_right) {
  EXPECT_EQ(check(30, 302, 304, q, 1), std::nullopt);
  EXPECT_EQ(check(20, 305, 307, q, 1), Wrong::backwards);
  EXPECT_EQ(check(20, 305, 307, q, 2), std::nullopt);
}

TEST_F(CheckerTest, a_session_goes_back_across_questions_too) {
  EXPECT_EQ(check(20, 202, 203, q, 1), std::nullopt);
  EXPECT_EQ(check(5, 204, 205, other, 1), Wrong::backwards);
}

TEST_F(CheckerTest, a_session_is_taken_to_be_in_the_earliest_state_that_fits) {
  commit(400, 500, {{q, 10}});  // as it was in state 1
  commit(410, 500, {{other, 8}});
  EXPECT_EQ(check(10, 420, 430, q, 1), std::nullopt);
  EXPECT_EQ(check(7, 440, 450, other, 1), std::nullopt);  // state 4: between the two
}

TEST_F(CheckerTest, an_equal_answer_of_another_time_is_no_excuse_and_no_accusation) {
  commit(400, 410, {{q, 10}});
  EXPECT_EQ(check(10, 420, 430), std::nullopt);
  EXPECT_EQ(check(10, 320, 330), Wrong::stale);  // right before 200 and after 400
}

TEST_F(CheckerTest, a_commit_of_which_nobody_heard_the_end_took_effect_before_later_ones_returned) {
  commit(400, never, {{q, 40}});
  EXPECT_EQ(check(30, 600, 610, q, 1), std::nullopt);
  EXPECT_EQ(check(40, 600, 610, q, 2), std::nullopt);
  commit(700, 710, {});
  EXPECT_EQ(check(30, 720, 730, q, 1), Wrong::stale);
}

TEST_F(CheckerTest, what_is_forgotten_changes_no_verdict_of_later_reads) {
  checker.forget(350);
  EXPECT_EQ(check(30, 360, 370), std::nullopt);
  EXPECT_EQ(check(20, 360, 370), Wrong::impossible);  // still wrong, if no longer explained
  commit(400, 410, {{q, 40}});
  EXPECT_EQ(check(30, 420, 430), Wrong::stale);
}

TEST(Timeline, bounds_ascend_whatever_the_writers_say) {
  Timeline timeline;
  timeline.commit({.begun = 100, .returned = 300});
  timeline.commit({.begun = 90, .returned = 200});
  EXPECT_EQ(timeline.times(1).returned, 200);  // it was there when the next one was
  EXPECT_EQ(timeline.times(2).begun, 100);     // it cannot have been there before the one before
  EXPECT_EQ(timeline.first_since(250), 2U);
  EXPECT_EQ(timeline.first_since(150), 0U);
  EXPECT_EQ(timeline.last_until(95), 0U);
  EXPECT_EQ(timeline.last_until(150), 2U);
}

}  // namespace
}  // namespace freshet::history
