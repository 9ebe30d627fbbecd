#include "api/row_stream.hpp"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "api/test_app.hpp"

namespace freshet::api {
namespace {

TEST(ChooseRowFormat, the_parameter_wins_then_the_quality) {
  EXPECT_EQ(choose_row_format("", ""), RowFormat::json);
  EXPECT_EQ(choose_row_format("csv", "application/json"), RowFormat::csv);
  EXPECT_EQ(choose_row_format("xml", ""), std::nullopt);
  EXPECT_EQ(choose_row_format("", "text/csv"), RowFormat::csv);
  EXPECT_EQ(choose_row_format("", "text/html, application/x-ndjson;q=0.5, text/csv;q=0.9"), RowFormat::csv);
  EXPECT_EQ(choose_row_format("", "text/*"), RowFormat::csv);
  EXPECT_EQ(choose_row_format("", "*/*"), RowFormat::json);
  EXPECT_EQ(choose_row_format("", "image/png"), std::nullopt);
  EXPECT_EQ(choose_row_format("", "application/json;q=0"), std::nullopt);
}

class RowStreams : public ::testing::Test {
 protected:
  RowStreams() {
    column.name = "n";
    column.prefix = "\"n\":";
    plan.columns.push_back(column);
  }

  boost::asio::awaitable<void> collect(ChunkPipe& pipe, std::string& out) {
    while (std::optional<Bytes> chunk = co_await pipe.pop()) {
      out += chunk->view();
      ++chunks;
    }
  }

  /// Streams the numbers 1…count from a thread of its own, as a session does.
  std::string streamed(RowFormat format, std::int64_t count) {
    boost::asio::io_context io;
    ChunkPipe pipe(io.get_executor(), 2);
    std::thread producer([&] {
      RowStream stream(plan, format, pipe);
      for (std::int64_t i = 1; i <= count; ++i) {
        const Cell cell{.type = Cell::Type::integer, .integer = i, .real = 0, .text = {}};
        if (!stream.row({&cell, 1})) break;
      }
      stream.end();
      pipe.finish(nullptr);
    });
    std::string out;
    boost::asio::co_spawn(io, collect(pipe, out), boost::asio::detached);
    io.run();
    producer.join();
    return out;
  }

  ColumnPlan column;
  StatementPlan plan;
  std::size_t chunks = 0;
};

TEST_F(RowStreams, each_format_is_complete) {
  EXPECT_EQ(streamed(RowFormat::json, 2), R"([{"n":1},{"n":2}])");
  EXPECT_EQ(streamed(RowFormat::json, 0), "[]");
  EXPECT_EQ(streamed(RowFormat::ndjson, 2), "{\"n\":1}\n{\"n\":2}\n");
  EXPECT_EQ(streamed(RowFormat::ndjson, 0), "");
  EXPECT_EQ(streamed(RowFormat::csv, 2), "n\r\n1\r\n2\r\n");
}

TEST_F(RowStreams, long_answers_come_in_chunks_and_in_order) {
  const std::string text = streamed(RowFormat::ndjson, 50'000);
  EXPECT_GT(chunks, 5U);
  EXPECT_TRUE(text.ends_with("{\"n\":49999}\n{\"n\":50000}\n"));
}

TEST_F(RowStreams, a_consumer_that_leaves_stops_the_producer) {
  boost::asio::io_context io;
  ChunkPipe pipe(io.get_executor(), 1);
  bool stopped = false;
  std::thread producer([&] {
    RowStream stream(plan, RowFormat::ndjson, pipe);
    const Cell cell{.type = Cell::Type::integer, .integer = 1, .real = 0, .text = {}};
    while (stream.row({&cell, 1})) {
    }
    stopped = true;
    pipe.finish(nullptr);
  });
  pipe.abandon();
  boost::asio::co_spawn(io, pipe.finished(), boost::asio::detached);
  io.run();
  producer.join();
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace freshet::api
