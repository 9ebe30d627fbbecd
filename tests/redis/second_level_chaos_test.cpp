// Three processes under load while their Redis is killed, frozen, emptied and cut off: nobody ever gets an answer to
// another question, nobody is thrown anything, and all is well again afterwards.
#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cache/redis/second_level.hpp"

#include "records.hpp"
#include "support.hpp"

namespace freshet::cache {
namespace {

using namespace std::chrono_literals;
using freshet::test::eventually;

constexpr int keys = 40;

std::string answer_to(const std::string& key) { return "answer to " + key + std::string(2'000, '.'); }

struct Watched {
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> found{0}, made{0}, wrong{0};
};

void judge(const FoundRecord& found, const std::string& key, Watched& watched) {
  ++(found.record.body == answer_to(key) ? watched.found : watched.wrong);
}

boost::asio::awaitable<void> ask_on(SecondLevel& second, Watched& watched, unsigned seed) {
  std::minstd_rand random(seed);
  while (!watched.over) {
    const std::string key = std::to_string(random() % keys);
    const std::optional<FoundRecord> found = co_await second.get(key, random() % 2 == 0);
    if (found) {
      judge(*found, key, watched);
      continue;
    }
    Turn turn = co_await second.take_turn(key, false, 0);
    if (turn.found) {
      judge(*turn.found, key, watched);
      continue;
    }
    ++watched.made;
    second.put(test::record_of(key, answer_to(key)), 60'000ms, std::move(turn.lease));
    // As work would: without Redis nothing else lets the others run.
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
  }
}

struct Busy {
  explicit Busy(const std::string& url) : client(options(url), freshet::test::quiet()), second(client, level()) {}
  static db::redis::ClientOptions options(const std::string& url) {
    db::redis::ClientOptions made;
    made.dial.address = db::redis::parse_address(url);
    made.dial.timeout = 100ms;
    made.link.silence_max = 200ms;
    return made;
  }
  static SecondLevelOptions level() {
    SecondLevelOptions made;
    made.app = "chaos";
    made.lease.wait_max = 200ms;
    return made;
  }
  db::redis::Client client;
  SecondLevel second;
  freshet::test::Caller caller;
};

void disturb(freshet::test::RedisServer& server, int round) {
  switch (round % 5) {
    case 0:
      server.kill();
      std::this_thread::sleep_for(20ms);
      return server.start();
    case 1:
      server.stop_the_world();
      std::this_thread::sleep_for(300ms);
      return server.go_on();
    case 2:
      server.command("FLUSHALL");
      return;
    case 3:
      server.command("CLIENT KILL TYPE normal");
      return;
    default:
      server.command("CLIENT KILL TYPE pubsub");
  }
}

TEST(SecondLevelChaosTest, nothing_that_happens_to_redis_gives_a_wrong_answer_or_an_error) {
  if (!freshet::test::RedisServer::installed()) GTEST_SKIP() << "redis-server is not installed: ./dev setup";
  freshet::test::RedisServer server;
  Watched watched;
  std::vector<std::unique_ptr<Busy>> processes;
  for (int i = 0; i < 3; ++i) processes.push_back(std::make_unique<Busy>(server.url()));
  std::vector<std::future<void>> askers;
  for (unsigned i = 0; i < 30; ++i) {
    Busy& one = *processes[i % 3];
    askers.push_back(one.caller.start(ask_on(one.second, watched, i + 1)));
  }
  for (int round = 0; round < 20; ++round) {
    disturb(server, round);
    // Until all are back, and have found something since.
    const std::uint64_t before = watched.found;
    EXPECT_TRUE(eventually([&] {
      return watched.found > before &&
             std::ranges::all_of(processes, [](const auto& one) { return one->second.available(); });
    })) << round;
  }
  watched.over = true;
  for (std::future<void>& asker : askers) EXPECT_NO_THROW(asker.get());
  EXPECT_EQ(watched.wrong, 0U);
  EXPECT_GT(watched.made, 0U);
  for (const auto& one : processes) {
    EXPECT_EQ(one->second.figures().corrupt, 0U);
    EXPECT_TRUE(eventually([&] { return one->client.figures().waiting == 0; }));
  }
}

}  // namespace
}  // namespace freshet::cache
