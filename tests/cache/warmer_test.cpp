// The warmer runs on its own coroutine with real timers, which are short; tests wait for what it does, never for a
// time.
#include "cache/warmer.hpp"

#include <algorithm>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "builders.hpp"

namespace freshet::cache {
namespace {

namespace asio = boost::asio;

struct WarmerTest : testing::Test {
  feed::TagTable table;
  Store store{StoreOptions{.bytes_max = 4 << 20, .shards = 1}};
  std::shared_ptr<Route> route = store.route("/r");
  feed::Position position = 1;

  asio::io_context io;
  asio::cancellation_signal stop;
  std::exception_ptr error;
  WarmerOptions options;
  std::vector<std::string> filled;  // in order
  FillOutcome outcome{.filled = Filled::kept, .database = std::chrono::microseconds(1)};
  bool dies_at_once = false;

  WarmerTest() { options.database_share = 1; }

  void put(const std::string& target) {
    const EntryPtr entry = entry_of(target, route, "x", stamp_of(table, {"t"}, position));
    store.put(entry, start);
    store.add_alias(target, entry);
  }
  void ask(const std::string& target, int times) {
    for (int i = 0; i < times; ++i) {
      const EntryPtr entry = store.find_alias(target, Clock::now());
      ASSERT_NE(entry, nullptr);
      store.note_hit(target, *entry);
    }
  }
  void write() { table.change(feed::table_tag("t").id, ++position); }

  asio::awaitable<FillOutcome> fill(std::string target) {
    filled.push_back(target);
    if (outcome.filled == Filled::kept) put(target);
    if (dies_at_once) write();
    co_return outcome;
  }
  std::unique_ptr<Warmer> make() {
    auto warmer = std::make_unique<Warmer>(options, store, [this](std::string target) { return fill(target); });
    asio::co_spawn(io, warmer->run(),
                   asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr ended) { error = ended; }));
    return warmer;
  }
  /// Runs until `enough` says so.
  template <class Enough>
  void run_until(const Enough& enough) {
    while (!enough()) ASSERT_GT(io.run_one(), 0U);
  }
  void finish() {
    stop.emit(asio::cancellation_type::terminal);
    io.run();
    EXPECT_EQ(error, nullptr);
  }
  [[nodiscard]] bool has_filled(const std::string& target) const {
    return std::find(filled.begin(), filled.end(), target) != filled.end();
  }
};

TEST_F(WarmerTest, fills_the_list_of_the_start_in_its_order) {
  const auto warmer = make();
  put("/b");
  warmer->add({"/a", "/b", "/c"});
  run_until([&] { return filled.size() == 2; });
  finish();
  EXPECT_EQ(filled, (std::vector<std::string>{"/a", "/c"})) << "/b was there";
  EXPECT_EQ(warmer->figures().listed, 2U);
}

TEST_F(WarmerTest, brings_back_the_hottest_first_after_they_died) {
  for (const char* const target : {"/cold", "/hot", "/hottest", "/never"}) put(target);
  ask("/cold", 2);
  ask("/hot", 100);
  ask("/hottest", 1000);
  options.hottest = 2;
  const auto warmer = make();
  write();
  run_until([&] { return filled.size() == 2; });
  finish();
  EXPECT_EQ(filled, (std::vector<std::string>{"/hottest", "/hot"}));
  EXPECT_EQ(warmer->figures().revived, 2U);
  ask("/hot", 1);
}

TEST_F(WarmerTest, begins_nothing_while_requests_wait) {
  int asked = 0;
  options.busy = [&] {
    EXPECT_TRUE(filled.empty() || asked >= 4);
    return ++asked < 4;
  };
  const auto warmer = make();
  warmer->add({"/a"});
  run_until([&] { return !filled.empty(); });
  finish();
  EXPECT_GE(asked, 4);
  EXPECT_EQ(warmer->figures().yielded, 3U);
}

TEST_F(WarmerTest, stops_when_the_budget_is_spent) {
  options.database_share = 0.01;
  outcome.database = std::chrono::seconds(1000);
  const auto warmer = make();
  warmer->add({"/a", "/b"});
  run_until([&] { return warmer->figures().out_of_budget != 0; });
  finish();
  EXPECT_EQ(filled, std::vector<std::string>{"/a"});
  EXPECT_EQ(warmer->figures().database, std::chrono::seconds(1000));
}

TEST_F(WarmerTest, lets_alone_what_is_written_more_often_than_read) {
  put("/hot");
  ask("/hot", 100);
  write();
  dies_at_once = true;
  const auto warmer = make();
  // Dead again, it would come before the list, was it not paused.
  warmer->add({"/listed"});
  run_until([&] { return has_filled("/listed"); });
  finish();
  EXPECT_EQ(filled, (std::vector<std::string>{"/hot", "/listed"}));
}

TEST_F(WarmerTest, a_fill_that_fails_ends_nothing) {
  outcome.filled = Filled::failed;
  const auto warmer = make();
  warmer->add({"/a", "/b"});
  run_until([&] { return filled.size() == 2; });
  finish();
  EXPECT_EQ(warmer->figures().failed, 2U);
  EXPECT_EQ(warmer->figures().listed, 0U);
}

TEST_F(WarmerTest, fills_what_the_caller_is_likely_to_ask_for_next) {
  const auto warmer = make();
  for (int month = 1; month <= 9; ++month) {
    const std::string at = "2024-0" + std::to_string(month), before = "2024-0" + std::to_string(month - 1);
    if (month > 1) warmer->observe("/s?month=" + at, "/s?month=" + before);
  }
  warmer->observe("", "/s?month=2020-06");
  run_until([&] { return has_filled("/s?month=2020-05"); });
  finish();
  EXPECT_TRUE(has_filled("/s?month=2020-04")) << "and the step after";
  EXPECT_GT(warmer->figures().predicted, 0U);
}

TEST_F(WarmerTest, predicts_without_filling_when_predictions_do_not_come_true) {
  options.accuracy_min = 1.1;  // never good enough
  const auto warmer = make();
  for (int page = 1; page < 200; ++page) {
    warmer->observe("/t?page=" + std::to_string(page), "/t?page=" + std::to_string(page + 1));
  }
  run_until([&] { return warmer->figures().predictions.used >= 100; });
  EXPECT_FALSE(warmer->figures().predictions.trusted);
  const std::uint64_t predicted = warmer->figures().predictions.predicted;
  const std::size_t before = filled.size();
  warmer->observe("/t?page=500", "/t?page=501");
  run_until([&] { return warmer->figures().predictions.predicted > predicted; });
  finish();
  EXPECT_EQ(filled.size(), before);
}

}  // namespace
}  // namespace freshet::cache
