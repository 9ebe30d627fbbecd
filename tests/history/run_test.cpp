// Short histories of the whole service in this process; and of caches that are broken on purpose, which must be found.

#include "history/run.hpp"

#include <gtest/gtest.h>

#include "history/flawed_cache.hpp"
#include "history/http_asker.hpp"
#include "history/nemesis.hpp"
#include "history/server_process.hpp"
#include "history/service_asker.hpp"
#include "history/temporary_folder.hpp"

namespace freshet::history {
namespace {

// Where readers are slower, writers are too, so that as many answers are asked for between two writes.
#if defined(__SANITIZE_THREAD__)
constexpr double speed = 0.2;
#elif defined(__SANITIZE_ADDRESS__)
constexpr double speed = 0.5;
#else
constexpr double speed = 1;
#endif

class RunTest : public testing::Test {
 protected:
  RunTest() {
    options.app = std::filesystem::path(FRESHET_SOURCE_DIR) / "tests" / "history" / "app";
    options.folder = folder.path();
    options.writer_program = FRESHET_HISTORY_WRITER;
    options.writes_per_second *= speed;
    options.readers.sessions = 6;
    path = make_world(options);
  }
  TemporaryFolder folder;
  RunOptions options;
  std::string path;
};

TEST_F(RunTest, without_triggers_every_answer_is_that_of_a_state_of_its_moment) {
  options.time = std::chrono::seconds(3);
  options.writes_per_second = 60;
  ServiceAsker asker(options.app, path);
  Nemesis nemesis({.path = path, .app = options.app, .interval = std::chrono::milliseconds(200)});
  const RunReport report = run(options, path, asker, &asker.database(), &nemesis);
  EXPECT_TRUE(report.right()) << report.text();
  EXPECT_EQ(report.readers.failures, 0U);
  EXPECT_GT(report.referee.commits, 20U);
  EXPECT_GT(report.readers.hits, 0U);
}

TEST_F(RunTest, with_triggers_every_answer_is_that_of_a_state_of_its_moment) {
  options.time = std::chrono::seconds(6);
  ServiceAsker asker(options.app, path, true);
  Nemesis nemesis({.path = path, .app = options.app, .interval = std::chrono::milliseconds(200)});
  const RunReport report = run(options, path, asker, &asker.database(), &nemesis);
  EXPECT_TRUE(report.right()) << report.text();
  EXPECT_EQ(report.readers.failures, 0U);
  EXPECT_GT(report.referee.commits, 50U);
  EXPECT_GT(report.readers.hits, report.readers.answers / 2);
}

TEST_F(RunTest, a_server_that_is_killed_and_stopped_tells_the_truth_whenever_it_answers) {
  options.time = std::chrono::seconds(5);
  options.writes_per_second = 100;
  ServerProcess server(FRESHET_HISTORY_SERVER, options.app, options.folder, options.size, false);
  HttpAsker asker(server.port());
  Nemesis nemesis(
      {.path = server.database(), .app = options.app, .server = &server, .interval = std::chrono::milliseconds(200)});
  const RunReport report = run(options, server.database(), asker, nullptr, &nemesis);
  EXPECT_TRUE(report.right()) << report.text();
  EXPECT_GT(report.readers.answers, 500U);
}

class FlawTest : public RunTest, public testing::WithParamInterface<Flaw> {};

TEST_P(FlawTest, is_found_and_accounted_for) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "requests take longer here than an answer stays wrong";
#endif
  options.time = std::chrono::seconds(20);  // at most: it ends with the first violation
  options.stop_at_violation = true;
  options.readers.exponent = 1.5;
  ServiceAsker asker(options.app, path);
  FlawedCache cache(asker, GetParam(), path);
  const RunReport report = run(options, path, cache, &asker.database());
  EXPECT_TRUE(report.troubles.empty()) << report.text();
  EXPECT_GT(report.referee.violations, 0U) << report.text();
  ASSERT_FALSE(report.accounts.empty());
  EXPECT_TRUE(report.accounts.front().starts_with("stale: /")) << report.accounts.front();
}
INSTANTIATE_TEST_SUITE_P(Each, FlawTest,
                         testing::Values(Flaw::keeps_for_a_while, Flaw::stamps_after_the_query,
                                         Flaw::sees_own_writes_only));

TEST_F(RunTest, the_same_cache_without_a_flaw_passes) {
  options.time = std::chrono::seconds(3);
  options.writes_per_second = 50 * speed;
  options.readers.exponent = 1.5;
  ServiceAsker asker(options.app, path);
  FlawedCache cache(asker, Flaw::none, path);
  const RunReport report = run(options, path, cache, &asker.database());
  EXPECT_TRUE(report.right()) << report.text();
  EXPECT_GT(report.readers.hits, report.readers.answers / 4);
}

}  // namespace
}  // namespace freshet::history
