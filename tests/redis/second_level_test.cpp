// Two processes, as far as Redis can tell: two clients, each with a second level of its own.
#include "cache/redis/second_level.hpp"

#include <atomic>
#include <memory>
#include <random>
#include <vector>

#include "records.hpp"
#include "support.hpp"

namespace freshet::cache {
namespace {

using namespace std::chrono_literals;
using db::redis::Client;
using freshet::test::eventually;
using freshet::test::options_for;
using test::record_of;

struct Process {
  Process(const db::redis::ClientOptions& options, SecondLevelOptions level)
      : client(options, freshet::test::quiet()), second(client, std::move(level)) {}
  Client client;
  SecondLevel second;
  freshet::test::Caller caller;  // its coroutines end before the rest does

  std::optional<FoundRecord> get(std::string_view key, bool has_ttl = false) {
    return caller.run(second.get(key, has_ttl));
  }
  std::string body(std::string_view key) {
    const std::optional<FoundRecord> found = get(key);
    return found ? found->record.body : "none";
  }
  Turn turn(std::string_view key, std::uint64_t seen = 0) { return caller.run(second.take_turn(key, false, seen)); }
  /// Returns once Redis has it.
  void put(Record record, std::optional<std::chrono::milliseconds> ttl = std::nullopt) {
    const std::uint64_t before = second.figures().puts;
    second.put(std::move(record), ttl);
    ASSERT_TRUE(eventually([&] { return second.figures().puts > before; }));
  }
};

class SecondLevelTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!freshet::test::RedisServer::installed()) GTEST_SKIP() << "redis-server is not installed: ./dev setup";
    restart_with({});
  }
  void restart_with(std::vector<std::string> settings) {
    a.reset();
    b.reset();
    server = std::make_unique<freshet::test::RedisServer>(std::move(settings));
    a = process();
    b = process();
  }
  [[nodiscard]] static SecondLevelOptions level() {
    SecondLevelOptions options;
    options.app = "household";
    options.epoch = "1";
    options.lease.wait_max = 10'000ms;
    return options;
  }
  [[nodiscard]] std::unique_ptr<Process> process(SecondLevelOptions options = level()) const {
    return process(std::move(options), options_for(server->url()));
  }
  [[nodiscard]] static std::unique_ptr<Process> process(SecondLevelOptions options,
                                                        const db::redis::ClientOptions& client) {
    auto made = std::make_unique<Process>(client, std::move(options));
    EXPECT_TRUE(eventually([&] { return made->second.available(); }));
    return made;
  }
  /// In milliseconds; negative: it has no end, or is not there.
  [[nodiscard]] int time_left(const std::string& name) const {
    return std::stoi(server->command("PTTL " + name).substr(1));
  }
  /// The only key with that letter in its name: 'a' of an answer, 'l' of a lease.
  [[nodiscard]] std::string name_of(char kind) const {
    const std::string reply = server->command(fmt::format("KEYS *:{}:*", kind));
    const std::size_t begin = reply.find("freshet:");
    return begin == std::string::npos ? "" : reply.substr(begin, reply.find("\r\n", begin) - begin);
  }

  std::unique_ptr<freshet::test::RedisServer> server;
  std::unique_ptr<Process> a, b;
};

TEST_F(SecondLevelTest, what_one_process_puts_another_finds) {
  const Record record = record_of("dashboard:month=2025-01:summary", std::string(5'000, 'x'));
  a->put(record);
  const std::optional<FoundRecord> found = b->get(record.key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record, record);
  EXPECT_FALSE(found->left);
  EXPECT_FALSE(b->get("dashboard:month=2025-02:summary"));
  EXPECT_EQ(b->second.figures().hits, 1U);
  EXPECT_EQ(b->second.figures().misses, 1U);
}

TEST_F(SecondLevelTest, the_last_that_is_put_is_what_is_found) {
  for (const char* body : {"one", "two", "three"}) a->put(record_of("k", body));
  EXPECT_EQ(b->body("k"), "three");
}

TEST_F(SecondLevelTest, keys_of_any_length_and_any_bytes_are_kept_apart) {
  const std::vector<std::string> keys{
      "a", "a:l", std::string("a\0b", 3), "a\r\nb", std::string(5'000, 'k') + "1", std::string(5'000, 'k') + "2"};
  for (const std::string& key : keys) a->put(record_of(key, key));
  for (const std::string& key : keys) EXPECT_EQ(b->body(key), key);
}

TEST_F(SecondLevelTest, another_app_or_another_epoch_sees_nothing) {
  a->put(record_of("k", "body"));
  SecondLevelOptions other_epoch = level();
  other_epoch.epoch = "2";
  EXPECT_EQ(process(other_epoch)->body("k"), "none");
  SecondLevelOptions other_app = level();
  other_app.app = "ledger";
  EXPECT_EQ(process(other_app)->body("k"), "none");
  EXPECT_EQ(process(level())->body("k"), "body");
}

TEST_F(SecondLevelTest, every_key_ends_some_day) {
  a->put(record_of("k", "body"));
  const Turn turn = a->turn("k2");
  for (const char kind : {'a', 'l'}) {
    EXPECT_GT(time_left(name_of(kind)), 0) << kind;
  }
}

TEST_F(SecondLevelTest, what_is_left_of_a_time_to_live_is_told_by_redis) {
  a->put(record_of("k", "body"), 60'000ms);
  const std::optional<FoundRecord> found = b->get("k", true);
  ASSERT_TRUE(found && found->left);
  EXPECT_GT(*found->left, 0ms);
  EXPECT_LE(*found->left, 60'000ms);
  server->command("PEXPIRE " + name_of('a') + " 1");
  EXPECT_TRUE(eventually([&] { return !b->get("k", true); }));
}

TEST_F(SecondLevelTest, a_record_that_is_not_whole_is_a_miss) {
  a->put(record_of("k", "body"));
  const std::string name = name_of('a');
  // The body's last letter: the record can still be read, and says something else.
  const std::string bytes = server->command("GETRANGE " + name + " 0 -1");
  const std::size_t at = bytes.find("body") + 3 - (bytes.find("\r\n") + 2);
  server->command(fmt::format("SETRANGE {} {} x", name, at));
  EXPECT_EQ(b->body("k"), "none");
  server->command("SET " + name + " nonsense");
  EXPECT_EQ(b->body("k"), "none");
  server->command("DEL " + name);
  server->command("RPUSH " + name + " a list");
  EXPECT_EQ(b->body("k"), "none");
  EXPECT_EQ(b->second.figures().corrupt, 2U);
}

TEST_F(SecondLevelTest, a_record_of_another_question_is_a_miss) {
  a->put(record_of("tenant=1", "body"));
  const std::string name = name_of('a');
  const std::string other = name.substr(0, name.size() - 1) + "2";
  server->command("COPY " + name + " " + other);
  EXPECT_EQ(b->body("tenant=2"), "none");
  EXPECT_EQ(b->body("tenant=1"), "body");
}

TEST_F(SecondLevelTest, what_redis_forgets_is_a_miss_and_is_kept_again) {
  a->put(record_of("k", "one"));
  server->command("FLUSHALL");
  EXPECT_EQ(b->body("k"), "none");
  a->put(record_of("k", "two"));
  server->kill();
  server->start();
  ASSERT_TRUE(eventually([&] { return a->second.available() && b->second.available(); }));
  EXPECT_EQ(b->body("k"), "none");
  a->put(record_of("k", "three"));
  EXPECT_EQ(b->body("k"), "three");
}

TEST_F(SecondLevelTest, what_redis_evicts_is_a_miss_and_what_is_left_is_right) {
  restart_with({"maxmemory 3mb", "maxmemory-policy allkeys-lru"});
  std::minstd_rand random(3);
  for (int i = 0; i < 400; ++i) {
    Record record = record_of(std::to_string(i), std::to_string(i) + ":");
    for (int j = 0; j < 20'000; ++j) record.body += static_cast<char>(random() >> 8U);
    a->put(record);
  }
  int there = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string body = b->body(std::to_string(i));
    if (body == "none") continue;
    ++there;
    EXPECT_TRUE(body.starts_with(std::to_string(i) + ":"));
  }
  EXPECT_GT(there, 0);
  EXPECT_LT(there, 400);
}

TEST_F(SecondLevelTest, a_redis_that_is_full_refuses_puts_and_nothing_else_happens) {
  restart_with({"maxmemory 1mb", "maxmemory-policy noeviction"});
  a->second.put(record_of("k", "body"), std::nullopt);
  ASSERT_TRUE(eventually([&] { return a->second.figures().puts_failed == 1; }));
  EXPECT_EQ(a->body("k"), "none");
  const Turn turn = a->turn("k");  // not even a lease can be had
  EXPECT_FALSE(turn.found);
  EXPECT_FALSE(turn.lease.held());
}

TEST_F(SecondLevelTest, without_redis_everything_is_a_miss_and_nobody_waits) {
  server->kill();
  ASSERT_TRUE(eventually([&] { return !a->second.available(); }));
  EXPECT_EQ(a->body("k"), "none");
  const Turn turn = a->turn("k");
  EXPECT_FALSE(turn.lease.held());
  EXPECT_FALSE(turn.found);
  a->second.put(record_of("k", "body"), std::nullopt);
  EXPECT_EQ(a->second.figures().puts_dropped, 1U);
}

TEST_F(SecondLevelTest, answers_that_are_too_large_or_too_many_at_once_are_not_put) {
  SecondLevelOptions options = level();
  options.record_bytes_max = 1'000;
  options.puts_max = 2;
  const std::unique_ptr<Process> small = process(options);
  small->second.put(record_of("large", std::string(2'000, 'x')), std::nullopt);
  EXPECT_EQ(small->second.figures().puts_too_large, 1U);
  server->stop_the_world();
  for (const char* key : {"1", "2", "3"}) small->second.put(record_of(key, "body"), std::nullopt);
  EXPECT_EQ(small->second.figures().puts_dropped, 1U);
  server->go_on();
  EXPECT_TRUE(eventually([&] { return small->second.figures().puts == 2; }));
}

// Leases.

TEST_F(SecondLevelTest, one_process_makes_an_answer_while_the_other_waits_for_it) {
  Turn first = a->turn("k");
  ASSERT_TRUE(first.lease.held());
  std::future<Turn> second = b->caller.start(b->second.take_turn("k", false, 0));
  ASSERT_TRUE(eventually([&] { return b->client.figures().requests >= 2; }));  // it has asked again: it waits
  a->second.put(record_of("k", "body"), std::nullopt, std::move(first.lease));
  const Turn got = second.get();
  ASSERT_TRUE(got.found);
  EXPECT_EQ(got.found->record.body, "body");
  EXPECT_EQ(b->second.figures().leases.waits, 1U);
  EXPECT_EQ(b->second.figures().leases.gave_up, 0U);
}

TEST_F(SecondLevelTest, who_comes_after_the_answer_finds_it_instead_of_a_turn) {
  a->put(record_of("k", "body"));
  const Turn turn = b->turn("k");
  ASSERT_TRUE(turn.found);
  EXPECT_EQ(turn.found->record.body, "body");
}

TEST_F(SecondLevelTest, an_answer_that_was_rejected_is_not_waited_for_again) {
  a->put(record_of("k", "old"));
  const std::uint64_t seen = b->get("k")->fingerprint;
  Turn first = a->turn("k", seen);
  ASSERT_TRUE(first.lease.held());
  EXPECT_FALSE(first.found);
  std::future<Turn> second = b->caller.start(b->second.take_turn("k", false, seen));
  ASSERT_TRUE(eventually([&] { return b->client.figures().requests >= 3; }));
  a->second.put(record_of("k", "new"), std::nullopt, std::move(first.lease));
  const Turn got = second.get();
  ASSERT_TRUE(got.found);
  EXPECT_EQ(got.found->record.body, "new");
}

TEST_F(SecondLevelTest, who_fails_to_make_an_answer_lets_the_next_try) {
  std::optional<Turn> first = a->turn("k");
  ASSERT_TRUE(first->lease.held());
  std::future<Turn> second = b->caller.start(b->second.take_turn("k", false, 0));
  ASSERT_TRUE(eventually([&] { return b->client.figures().requests >= 2; }));
  first.reset();
  EXPECT_TRUE(second.get().lease.held());
}

TEST_F(SecondLevelTest, a_holder_that_dies_is_followed) {
  const std::string name = [&] {
    const Turn turn = a->turn("k");
    EXPECT_TRUE(turn.lease.held());
    return name_of('l');
  }();
  ASSERT_TRUE(eventually([&] { return name_of('l').empty(); }));
  // As a process leaves it that is killed: nobody renews it.
  server->command("SET " + name + " dead PX 150");
  const Turn got = b->turn("k");
  EXPECT_TRUE(got.lease.held());
  EXPECT_EQ(b->second.figures().leases.waits, 1U);
}

TEST_F(SecondLevelTest, a_lease_is_renewed_for_as_long_as_the_work_takes) {
  const Turn first = a->turn("k");
  ASSERT_TRUE(first.lease.held());
  const std::string name = name_of('l');
  for (int round = 0; round < 3; ++round) {
    server->command("PEXPIRE " + name + " 60000");
    EXPECT_TRUE(eventually([&] { return time_left(name) < 1'000; }));  // set to its duration again
    EXPECT_GT(time_left(name), 0);
  }
}

TEST_F(SecondLevelTest, a_lease_that_was_lost_does_not_end_that_of_who_followed) {
  SecondLevelOptions slow = level();
  slow.lease.duration = 60'000ms;  // which nobody renews soon
  const std::unique_ptr<Process> sleeper = process(slow);
  std::optional<Turn> lost = sleeper->turn("k");
  ASSERT_TRUE(lost->lease.held());
  server->command("DEL " + name_of('l'));  // its time has come
  const Turn follower = a->turn("k");
  ASSERT_TRUE(follower.lease.held());
  lost.reset();
  const Turn after = sleeper->turn("other");  // goes out behind the release
  EXPECT_TRUE(after.lease.held());
  EXPECT_NE(server->command("KEYS *:l:k").find(":l:k"), std::string::npos);
}

TEST_F(SecondLevelTest, a_holder_learns_that_its_lease_was_lost) {
  const Turn turn = a->turn("k");
  server->command("DEL " + name_of('l'));
  EXPECT_TRUE(eventually([&] { return a->second.figures().leases.lost == 1; }));
}

TEST_F(SecondLevelTest, nobody_waits_for_longer_than_he_was_told) {
  SecondLevelOptions options = level();
  options.lease.wait_max = 60ms;
  const std::unique_ptr<Process> impatient = process(options);
  const Turn first = a->turn("k");
  ASSERT_TRUE(first.lease.held());
  const Turn got = impatient->turn("k");
  EXPECT_FALSE(got.found);
  EXPECT_FALSE(got.lease.held());
  EXPECT_EQ(impatient->second.figures().leases.gave_up, 1U);
}

TEST_F(SecondLevelTest, who_waits_when_redis_goes_away_goes_on_alone) {
  const Turn first = a->turn("k");
  ASSERT_TRUE(first.lease.held());
  std::future<Turn> second = b->caller.start(b->second.take_turn("k", false, 0));
  ASSERT_TRUE(eventually([&] { return b->client.figures().requests >= 2; }));
  server->kill();
  const Turn got = second.get();
  EXPECT_FALSE(got.found);
  EXPECT_FALSE(got.lease.held());
}

// Four processes, of which each asks for what is missing at the same time: the work is done once for each key.
boost::asio::awaitable<std::string> ask(SecondLevel& second, std::string key, std::atomic<int>& made) {
  std::optional<FoundRecord> found = co_await second.get(key, false);
  if (found) co_return found->record.body;
  Turn turn = co_await second.take_turn(key, false, 0);
  if (turn.found) co_return turn.found->record.body;
  ++made;
  second.put(record_of(key, "answer to " + key), std::nullopt, std::move(turn.lease));
  co_return "answer to " + key;
}

TEST_F(SecondLevelTest, four_processes_do_the_work_once) {
  SecondLevelOptions options = level();
  options.lease.duration = 10'000ms;  // machines that run tests are busy
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < 4; ++i) processes.push_back(process(options));
  std::atomic<int> made = 0;
  std::vector<std::future<std::string>> answers;
  for (int key = 0; key < 50; ++key) {
    for (const auto& one : processes) {
      answers.push_back(one->caller.start(ask(one->second, std::to_string(key), made)));
    }
  }
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].get(), "answer to " + std::to_string(i / 4));
  EXPECT_EQ(made, 50);
}

}  // namespace
}  // namespace freshet::cache
