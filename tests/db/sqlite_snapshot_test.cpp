// Random transfers by two writers and eight readers: the short form of bench/db/writers_readers.

#include "support.hpp"
#include "writers_readers.hpp"

namespace freshet::db {
namespace {

TEST(SqliteSnapshots, two_writers_and_eight_readers_never_see_half_a_transfer_and_lose_none) {
  test::TemporaryFolder folder;
  DatabaseOptions options = test::options_for(folder.file("app.db"));
  options.pool_size = 2;
  options.pool_overflow = 2;
  test::WritersReaders::create(*open_connection(options));
  auto database = open_database(options);
  test::WritersReaders everybody(*database);
  boost::asio::thread_pool threads(2);
  everybody.start(threads, 2, 8, 300, std::chrono::steady_clock::now() + std::chrono::minutes(4), true);
  threads.join();

  EXPECT_EQ(everybody.counts.surprises, 0U) << "kind " << everybody.counts.last_surprise_kind;
  EXPECT_EQ(everybody.counts.violations, 0U);
  EXPECT_EQ(everybody.counts.committed + everybody.counts.refused, 600U);
  EXPECT_GT(everybody.counts.refused, 0U) << "some transfers have to fail, or rolling back is not tried";
  EXPECT_GT(everybody.counts.reads, 0U);
  EXPECT_EQ(test::read(*database, "SELECT count(*) FROM line"),
            std::vector{std::to_string(everybody.counts.committed.load())});
}

/// The same with each writer a database of its own, as two processes would be.
TEST(SqliteSnapshots, two_servers_on_one_file_do_not_get_in_each_others_way) {
  test::TemporaryFolder folder;
  const DatabaseOptions options = test::options_for(folder.file("app.db"));
  test::WritersReaders::create(*open_connection(options));
  auto one = open_database(options);
  auto two = open_database(options);
  test::WritersReaders first(*one);
  test::WritersReaders second(*two);
  boost::asio::thread_pool threads(2);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(4);
  first.start(threads, 1, 2, 150, end, true);
  second.start(threads, 1, 2, 150, end, true);
  threads.join();
  EXPECT_EQ(first.counts.surprises + second.counts.surprises, 0U);
  EXPECT_EQ(first.counts.violations + second.counts.violations, 0U);
  EXPECT_EQ(first.counts.committed + second.counts.committed + first.counts.refused + second.counts.refused, 300U);
  EXPECT_EQ(test::read(*one, "SELECT count(*) FROM line"),
            std::vector{std::to_string(first.counts.committed + second.counts.committed)});
}

}  // namespace
}  // namespace freshet::db
