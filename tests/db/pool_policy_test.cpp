#include "db/pool_policy.hpp"

#include <gtest/gtest.h>

namespace freshet::db {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr PoolLimits limits{
    .size = 2, .overflow = 1, .queue_max = 3, .recycle = minutes(60), .idle = minutes(5), .ping_after = seconds(30)};
constexpr PoolTime start{std::chrono::hours(1000)};

TEST(PoolPolicy, admission) {
  struct Case {
    const char* when;
    PoolCounts counts;
    Admission then;
  };
  constexpr Case cases[] = {
      {"nothing is open", {.open = 0, .idle = 0}, Admission::new_session},
      {"one is idle", {.open = 1, .idle = 1}, Admission::idle_session},
      {"all are in use below the size", {.open = 1, .idle = 0}, Admission::new_session},
      {"all are in use at the size", {.open = 2, .idle = 0}, Admission::new_session},
      {"all are in use at size and overflow", {.open = 3, .idle = 0}, Admission::wait},
      {"others wait already", {.open = 3, .idle = 0, .waiting = 2}, Admission::wait},
      {"others wait, and one is about to be handed over", {.open = 3, .idle = 1, .waiting = 1}, Admission::wait},
      {"the queue is full", {.open = 3, .idle = 0, .waiting = 3}, Admission::refuse_full},
      {"closing, though one is idle", {.open = 1, .idle = 1, .closing = true}, Admission::refuse_closing},
  };
  for (const Case& one : cases) EXPECT_EQ(admit(limits, one.counts), one.then) << one.when;
}

TEST(PoolPolicy, no_queue_means_refusal_at_once) {
  PoolLimits none = limits;
  none.queue_max = 0;
  EXPECT_EQ(admit(none, {.open = 3, .idle = 0}), Admission::refuse_full);
}

TEST(PoolPolicy, preparation) {
  struct Case {
    const char* when;
    SessionState state;
    seconds age, idle;
    Preparation then;
  };
  constexpr Case cases[] = {
      {"there is none", SessionState::absent, seconds(0), seconds(0), Preparation::open},
      {"fresh and clean", SessionState::clean, seconds(1), seconds(0), Preparation::none},
      {"clean, idle for just less than a ping", SessionState::clean, seconds(600), seconds(29), Preparation::none},
      {"clean, idle for long", SessionState::clean, seconds(600), seconds(30), Preparation::ping},
      {"dirty", SessionState::dirty, seconds(600), seconds(0), Preparation::reset},
      {"dirty, and idle for long: the reset is the ping", SessionState::dirty, seconds(600), seconds(30),
       Preparation::reset},
      {"old", SessionState::clean, seconds(3600), seconds(0), Preparation::replace},
      {"old and dirty", SessionState::dirty, seconds(3600), seconds(0), Preparation::replace},
      {"just not old", SessionState::clean, seconds(3599), seconds(0), Preparation::none},
      {"broken", SessionState::broken, seconds(1), seconds(0), Preparation::replace},
  };
  for (const Case& one : cases) {
    const SessionFacts facts{.state = one.state, .opened_at = start - one.age, .returned_at = start - one.idle};
    EXPECT_EQ(preparation_for(limits, facts, start), one.then) << one.when;
  }
}

TEST(PoolPolicy, disposal) {
  struct Case {
    const char* when;
    int waiting;
    SessionState state;
    Disposal then;
  };
  constexpr Case cases[] = {
      {"somebody waits", 1, SessionState::clean, Disposal::hand_over},
      {"somebody waits for a broken one", 1, SessionState::broken, Disposal::hand_over},
      {"somebody waits and opening failed", 1, SessionState::absent, Disposal::hand_over},
      {"nobody waits", 0, SessionState::clean, Disposal::park},
      {"nobody waits, dirty", 0, SessionState::dirty, Disposal::park},
      {"nobody waits, broken", 0, SessionState::broken, Disposal::park},
      {"opening failed", 0, SessionState::absent, Disposal::vacate},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(dispose({.open = 3, .idle = 0, .waiting = one.waiting}, one.state), one.then) << one.when;
  }
}

TEST(PoolPolicy, surplus_is_what_is_above_the_size_and_idle_for_long) {
  const auto idle_for = [](seconds length) {
    return SessionFacts{.state = SessionState::clean, .opened_at = start - minutes(30), .returned_at = start - length};
  };
  EXPECT_TRUE(is_surplus(limits, 3, idle_for(seconds(300)), start));
  EXPECT_FALSE(is_surplus(limits, 3, idle_for(seconds(299)), start));
  EXPECT_FALSE(is_surplus(limits, 2, idle_for(seconds(3000)), start));
}

}  // namespace
}  // namespace freshet::db
