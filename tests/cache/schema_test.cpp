// What is kept while the schema is the one that tags were reasoned out of, and what is not once it is another.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "cache/cache.hpp"

namespace freshet::cache {
namespace {

namespace asio = boost::asio;

/// Reads the state of the moment, whatever that is.
class NowPosition final : public feed::FillPosition {
 public:
  void lead(db::Work&) override {}
  [[nodiscard]] std::optional<feed::Position> position() const noexcept override { return 1; }
};

/// Knows of no change but that of the schema.
class SchemaFeed final : public feed::Feed {
 public:
  feed::TagTable& tags() noexcept override { return tags_; }
  std::unique_ptr<feed::Watching> watch(const std::vector<feed::Shape>&) override { return nullptr; }
  [[nodiscard]] bool is_current() const noexcept override { return true; }
  asio::awaitable<void> catch_up() override { co_return; }
  std::unique_ptr<feed::FillPosition> fill() override { return std::make_unique<NowPosition>(); }
  [[nodiscard]] std::uint64_t schema_changes() const noexcept override { return changes; }
  [[nodiscard]] bool schema_is_current() const noexcept override { return true; }
  asio::awaitable<void> catch_up_with_schema() override { co_return; }
  [[nodiscard]] feed::FeedFigures figures() const override { return {}; }
  void close() override {}

  std::uint64_t changes = 0;

 private:
  feed::TagTable tags_;
};

asio::awaitable<Made> make(feed::FillPosition*) {
  Made made;
  made.body = "[]";
  co_return made;
}

class SchemaTest : public testing::Test {
 protected:
  Answer ask(const std::string& key) {
    Answer answer;
    asio::io_context io;
    asio::co_spawn(io, ask_for(key, answer), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
    io.run();
    return answer;
  }

  SchemaFeed feed_;
  Cache cache_{{}, feed_, feed_.schema_changes()};

 private:
  asio::awaitable<void> ask_for(const std::string& key, Answer& answer) {
    Question question;
    question.key = key;
    question.route = cache_.store().route("/notes");
    question.tags = {feed::table_tag("notes")};
    Cache::Maker maker = [](feed::FillPosition* fill) { return make(fill); };
    answer = co_await cache_.answer(std::move(question), std::move(maker));
  }
};

TEST_F(SchemaTest, answers_are_kept_under_the_schema_that_their_tags_follow_from) {
  EXPECT_EQ(ask("a").source, Source::miss);
  EXPECT_EQ(ask("a").source, Source::hit);
}

TEST_F(SchemaTest, nothing_is_kept_under_tags_of_another_schema) {
  feed_.changes = 1;
  EXPECT_TRUE(cache_.outdated());
  const Answer answer = ask("a");
  EXPECT_EQ(answer.entry, nullptr);
  ASSERT_NE(answer.made, nullptr);
  EXPECT_EQ(answer.made->body, "[]");
  EXPECT_EQ(ask("a").source, Source::miss);
}

}  // namespace
}  // namespace freshet::cache
