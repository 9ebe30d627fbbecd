#include "core/shared_slot.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(SharedSlot, readers_get_one_or_the_other_while_somebody_replaces) {
  struct Pair {
    int a = 0, b = 0;
  };
  SharedSlot<const Pair> slot;
  EXPECT_EQ(slot.load(), nullptr);
  EXPECT_EQ(slot.exchange(std::make_shared<Pair>()), nullptr);
  std::jthread writer([&](const std::stop_token& stopped) {
    for (int i = 1; !stopped.stop_requested(); ++i) {
      EXPECT_NE(slot.exchange(std::make_shared<Pair>(Pair{.a = i, .b = i})), nullptr);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    const std::shared_ptr<const Pair> seen = slot.load();
    ASSERT_EQ(seen->a, seen->b);
  }
}

}  // namespace
}  // namespace freshet
