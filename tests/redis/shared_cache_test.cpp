// Two caches, as two processes have them, over one Redis and one database, whose changes each learns of by its own
// feed.
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "cache/cache.hpp"

#include "support.hpp"

namespace freshet::cache {
namespace {

using namespace std::chrono_literals;
using freshet::test::eventually;
using freshet::test::options_for;

/// The database: a counter of commits, and what each has changed. What an answer shows is the counter.
struct World {
  std::mutex mutex;
  std::vector<feed::TagId> changes;  // the commit of position i + 1 changed this

  [[nodiscard]] feed::Position now() {
    const std::lock_guard lock(mutex);
    return changes.size();
  }
  void commit(std::string_view table) {
    const std::lock_guard lock(mutex);
    changes.push_back(feed::table_tag(table).id);
  }
};

class WorldFill final : public feed::FillPosition {
 public:
  explicit WorldFill(World& world) : world_(world) {}
  void lead(db::Work&) override {}
  [[nodiscard]] std::optional<feed::Position> position() const noexcept override { return position_; }
  [[nodiscard]] std::optional<std::string> shared_state() const override { return std::to_string(*position_); }
  /// The work's snapshot is taken.
  std::string read() {
    position_ = world_.now();
    return std::to_string(*position_);
  }

 private:
  World& world_;
  std::optional<feed::Position> position_;
};

class WorldFeed final : public feed::Feed {
 public:
  explicit WorldFeed(World& world) : world_(world) { apply(); }
  [[nodiscard]] feed::TagTable& tags() noexcept override { return tags_; }
  [[nodiscard]] std::unique_ptr<feed::Watching> watch(const std::vector<feed::Shape>&) override { return nullptr; }
  [[nodiscard]] bool is_current() const noexcept override { return tags_.applied() == world_.now(); }
  [[nodiscard]] boost::asio::awaitable<void> catch_up() override {
    apply();
    co_return;
  }
  [[nodiscard]] std::unique_ptr<feed::FillPosition> fill() override { return std::make_unique<WorldFill>(world_); }
  [[nodiscard]] std::optional<feed::Stamp> judge(feed::PendingStamp pending, std::string_view state) override {
    return std::move(pending).seal(std::stoull(std::string(state)));
  }
  [[nodiscard]] std::uint64_t schema_changes() const noexcept override { return schema; }
  [[nodiscard]] bool schema_is_current() const noexcept override { return is_current(); }
  [[nodiscard]] boost::asio::awaitable<void> catch_up_with_schema() override { return catch_up(); }
  [[nodiscard]] feed::FeedFigures figures() const override { return {}; }
  void close() override {}

  std::atomic<std::uint64_t> schema{0};

 private:
  void apply() {
    const std::lock_guard lock(world_.mutex);
    for (feed::Position at = tags_.applied() + 1; at <= world_.changes.size(); ++at) {
      tags_.change(world_.changes[at - 1], at);
    }
    tags_.applied(world_.changes.size());
  }

  World& world_;
  feed::TagTable tags_;
};

struct Process {
  Process(World& world, const std::string& url)
      : feed(world),
        client(options_for(url), freshet::test::quiet()),
        second(client, level()),
        cache({}, feed, feed.schema_changes(), &second) {
    EXPECT_TRUE(eventually([&] { return second.available(); }));
  }
  static SecondLevelOptions level() {
    SecondLevelOptions options;
    options.app = "world";
    options.lease.duration = 10'000ms;
    options.lease.wait_max = 10'000ms;
    return options;
  }
  [[nodiscard]] Question question(std::optional<std::chrono::milliseconds> ttl = std::nullopt) {
    Question asked;
    asked.key = "notes";
    asked.route = cache.store().route("/notes");
    asked.tags = {feed::table_tag("notes")};
    asked.ttl = ttl;
    return asked;
  }
  /// The body says which state the answer shows.
  Cache::Maker maker() {
    return [this](feed::FillPosition* fill) { return make(fill); };
  }
  boost::asio::awaitable<Made> make(feed::FillPosition* fill) {
    Made answer;
    answer.body = dynamic_cast<WorldFill&>(*fill).read();
    answer.head_lines = "X-Cache: HIT\r\n";
    answer.etag = EntityTag("e" + answer.body);
    ++made;
    gate = std::make_unique<Landing>();
    gated = true;
    if (slow) co_await gate->wait();
    co_return answer;
  }
  std::future<Answer> start(std::optional<std::chrono::milliseconds> ttl = std::nullopt) {
    return caller.start(cache.answer(question(ttl), maker()));
  }
  Answer ask(std::optional<std::chrono::milliseconds> ttl = std::nullopt) { return start(ttl).get(); }
  void await_puts(std::uint64_t count) {
    EXPECT_TRUE(eventually([&] { return second.figures().puts >= count; }));
  }

  WorldFeed feed;
  db::redis::Client client;
  SecondLevel second;
  Cache cache;
  std::atomic<int> made{0};
  std::atomic<bool> slow{false}, gated{false};
  std::unique_ptr<Landing> gate;
  freshet::test::Caller caller;  // its coroutines end before the rest does
};

std::string body_of(const Answer& answer) { return std::string(*answer.entry->body(Coding::identity)); }

class SharedCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!freshet::test::RedisServer::installed()) GTEST_SKIP() << "redis-server is not installed: ./dev setup";
    server = std::make_unique<freshet::test::RedisServer>();
    a = std::make_unique<Process>(world, server->url());
    b = std::make_unique<Process>(world, server->url());
  }

  World world;
  std::unique_ptr<freshet::test::RedisServer> server;
  std::unique_ptr<Process> a, b;
};

TEST_F(SharedCacheTest, what_one_process_has_made_another_need_not) {
  EXPECT_EQ(a->ask().source, Source::miss);
  a->await_puts(1);
  const Answer answer = b->ask();
  EXPECT_EQ(answer.source, Source::shared);
  EXPECT_EQ(body_of(answer), "0");
  EXPECT_EQ(answer.entry->etag(), EntityTag("e0"));
  EXPECT_EQ(answer.entry->head_lines(), "X-Cache: HIT\r\n");
  EXPECT_EQ(b->made, 0);
  EXPECT_EQ(b->ask().source, Source::hit);  // it is this process's own now
  EXPECT_EQ(b->cache.figures().shared, 1U);
}

TEST_F(SharedCacheTest, an_answer_that_a_commit_has_ended_is_made_anew_by_who_asks_and_shared) {
  a->ask();
  a->await_puts(1);
  world.commit("notes");
  const Answer answer = b->ask();
  EXPECT_EQ(answer.source, Source::miss);
  EXPECT_EQ(body_of(answer), "1");
  EXPECT_EQ(b->cache.figures().shared_rejected, 1U);
  b->await_puts(1);
  const Answer again = a->ask();
  EXPECT_EQ(again.source, Source::shared);
  EXPECT_EQ(body_of(again), "1");
}

TEST_F(SharedCacheTest, what_is_taken_over_ends_with_the_next_commit_that_concerns_it) {
  a->ask();
  a->await_puts(1);
  EXPECT_EQ(b->ask().source, Source::shared);
  world.commit("others");
  EXPECT_EQ(b->ask().source, Source::hit);
  world.commit("notes");
  EXPECT_EQ(body_of(b->ask()), "2");
}

TEST_F(SharedCacheTest, under_another_schema_nothing_is_taken_over) {
  a->ask();
  a->await_puts(1);
  b->feed.schema = 1;
  const Answer answer = b->ask();
  EXPECT_EQ(answer.source, Source::miss);
  EXPECT_EQ(b->cache.figures().shared_rejected, 1U);
}

TEST_F(SharedCacheTest, what_cannot_be_kept_is_not_shared) {
  a->slow = true;
  std::future<Answer> answer = a->start();
  ASSERT_TRUE(eventually([&] { return a->gated.load(); }));
  world.commit("notes");
  boost::asio::post(a->caller.io(), [&] {
    boost::asio::co_spawn(a->caller.io(), a->feed.catch_up(), [this](const std::exception_ptr&) { a->gate->land(); });
  });
  EXPECT_EQ(answer.get().entry, nullptr);
  EXPECT_EQ(a->second.figures().puts, 0U);
  EXPECT_EQ(b->ask().source, Source::miss);
}

TEST_F(SharedCacheTest, a_time_to_live_goes_on_where_it_was_taken_over) {
  const auto begun = Clock::now();
  a->ask(60'000ms);
  a->await_puts(1);
  const Answer answer = b->ask(60'000ms);
  ASSERT_EQ(answer.source, Source::shared);
  EXPECT_LE(answer.entry->created(), Clock::now());
  EXPECT_GE(answer.entry->created(), begun - 1'000ms);
  EXPECT_LE(answer.entry->expiry(), Clock::now() + 60'000ms);
}

TEST_F(SharedCacheTest, while_one_process_makes_an_answer_the_other_waits_for_it) {
  a->slow = true;
  std::future<Answer> first = a->start();
  ASSERT_TRUE(eventually([&] { return a->gated.load(); }));
  std::future<Answer> second = b->start();
  ASSERT_TRUE(eventually([&] { return b->client.figures().requests >= 3; }));  // it has asked, and asks again
  EXPECT_EQ(b->made, 0);
  a->gate->land();
  EXPECT_EQ(body_of(first.get()), "0");
  EXPECT_EQ(second.get().source, Source::shared);
  EXPECT_EQ(b->made, 0);
}

TEST_F(SharedCacheTest, who_waits_takes_no_answer_from_before_its_question) {
  a->slow = true;
  std::future<Answer> first = a->start();  // of state 0
  ASSERT_TRUE(eventually([&] { return a->gated.load(); }));
  world.commit("notes");
  std::future<Answer> second = b->start();
  ASSERT_TRUE(eventually([&] { return b->client.figures().requests >= 3; }));
  a->gate->land();
  EXPECT_EQ(body_of(first.get()), "0");  // true when it was asked for
  const Answer answer = second.get();
  EXPECT_EQ(body_of(answer), "1");
  EXPECT_EQ(answer.source, Source::miss);
}

TEST_F(SharedCacheTest, without_redis_each_makes_its_own) {
  server->kill();
  ASSERT_TRUE(eventually([&] { return !a->second.available() && !b->second.available(); }));
  EXPECT_EQ(a->ask().source, Source::miss);
  EXPECT_EQ(b->ask().source, Source::miss);
  EXPECT_EQ(a->ask().source, Source::hit);
}

}  // namespace
}  // namespace freshet::cache
