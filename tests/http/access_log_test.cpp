#include "http/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/access_log_line.hpp"

namespace freshet::http {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Sample {
  Sample() {
    request.method_text = "GET";
    request.target = "/a?b=1";
    request.path = "/a";
    request.query = "b=1";
    request.request_id = "id-1";
    request.remote = "127.0.0.1:5";
    record.request = &request;
    record.status = 200;
    record.bytes_out = 2217;
    record.duration = std::chrono::microseconds(1234);
  }
  Request request;
  AccessRecord record;
};

std::string json_line(const Sample& sample) {
  Bytes out;
  append_json_line(out, sample.record, "now");
  return std::string(out.view());
}
std::string pretty_line(const Sample& sample, bool colour = false) {
  Bytes out;
  append_pretty_line(out, sample.record, "now", colour);
  return std::string(out.view());
}

TEST(AccessLogLine, json_has_the_fields_that_are_known) {
  Sample sample;
  EXPECT_EQ(json_line(sample),
            R"({"time":"now","level":"info","request_id":"id-1","method":"GET","path":"/a","query":"b=1","status":200,)"
            R"("bytes":2217,"duration_us":1234,"remote":"127.0.0.1:5"})"
            "\n");
  sample.record.status = 503;
  sample.record.route = "/{x}";
  sample.record.database_wait_us = 5;
  sample.record.database_run_us = 7;
  sample.record.error = "pool \"full\"\n";
  EXPECT_EQ(
      json_line(sample),
      R"({"time":"now","level":"error","request_id":"id-1","method":"GET","path":"/a","query":"b=1","route":"/{x}",)"
      R"("status":503,"bytes":2217,"duration_us":1234,"database_wait_us":5,"database_run_us":7,)"
      R"("remote":"127.0.0.1:5","error":"pool \"full\"\n"})"
      "\n");
}

TEST(AccessLogLine, pretty_is_aligned_and_scaled) {
  Sample sample;
  EXPECT_EQ(pretty_line(sample),
            "now  200  GET     /a?b=1                                             1.2 ms    2.2 KB\n");
  sample.record.duration = std::chrono::microseconds(900);
  sample.record.bytes_out = 17;
  sample.record.database_run_us = 800;
  EXPECT_EQ(pretty_line(sample),
            "now  200  GET     /a?b=1                                             900 us      17 B  database 800 us\n");
}

TEST(AccessLogLine, a_request_cannot_write_to_the_terminal) {
  Sample sample;
  sample.request.target = "/\x1b[31m\x7f\xC2\x9B\xC3\xA9";
  const std::string line = pretty_line(sample);
  EXPECT_THAT(line, HasSubstr("/\\x1b[31m\\x7f\\xc2"));
  EXPECT_THAT(line, HasSubstr("\xC3\xA9"));
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  EXPECT_THAT(pretty_line(sample, true), HasSubstr("\x1b[32m200"));
}

TEST(AccessLogLine, times_are_utc_with_milliseconds) {
  LogClock clock;
  const LogTime time{std::chrono::milliseconds(1'764'000'000'042)};
  EXPECT_EQ(clock.full(time), "2025-11-24T16:00:00.042Z");
  EXPECT_EQ(clock.short_form(time + std::chrono::milliseconds(958)), "16:00:01.000");
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    close_writer();
    ::close(ends_[0]);
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  std::string read_all() {
    close_writer();
    return read_to_end();
  }
  // Until every writer has closed.
  std::string read_to_end() {
    std::string all;
    std::array<char, 65536> chunk{};
    ssize_t count = 0;
    while ((count = ::read(ends_[0], chunk.data(), chunk.size())) > 0) {
      all.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

AccessLogOptions json_to(int descriptor) {
  AccessLogOptions options;
  options.format = LogFormat::json;
  options.descriptor = descriptor;
  return options;
}

TEST(AccessLog, loses_no_line_at_its_end) {
  Pipe pipe;
  {
    AccessLog log(json_to(pipe.writer()));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&log] {
        const Sample sample;
        for (int line = 0; line < 50; ++line) log.finished(sample.record);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const std::string text = pipe.read_all();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 200);
}

TEST(AccessLog, writes_only_what_is_wanted) {
  for (const auto& [which, lines] :
       {std::pair{AccessLogOptions::Which::all, 2}, std::pair{AccessLogOptions::Which::errors, 1},
        std::pair{AccessLogOptions::Which::off, 0}}) {
    Pipe pipe;
    {
      AccessLogOptions options = json_to(pipe.writer());
      options.which = which;
      AccessLog log(options);
      Sample sample;
      log.finished(sample.record);
      sample.record.status = 404;
      log.finished(sample.record);
    }
    const std::string text = pipe.read_all();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), lines);
  }
}

TEST(AccessLog, is_json_when_nobody_watches) {
  Pipe pipe;
  {
    AccessLogOptions options;
    options.descriptor = pipe.writer();
    AccessLog log(options);
    const Sample sample;
    log.finished(sample.record);
  }
  EXPECT_TRUE(pipe.read_all().starts_with("{\"time\""));
}

TEST(AccessLog, drops_and_counts_what_its_reader_does_not_take) {
  Pipe pipe;
  std::uint64_t dropped = 0;
  const std::uint64_t lines = 40'000;
  {
    AccessLog log(json_to(pipe.writer()));
    const Sample sample;
    for (std::uint64_t i = 0; i < lines; ++i) log.finished(sample.record);  // comes back although nobody reads
    dropped = log.dropped();
    EXPECT_GT(dropped, 0U);
  }
  const std::string text = pipe.read_all();
  EXPECT_LT(static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')), lines - dropped);
}

TEST(AccessLog, says_how_many_lines_it_dropped) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    AccessLog log(json_to(pipe.writer()));
    const Sample sample;
    while (log.dropped() == 0) log.finished(sample.record);
    reader = std::thread([&] { text = pipe.read_to_end(); });
  }
  pipe.close_writer();
  reader.join();
  EXPECT_THAT(text, HasSubstr("\"message\":\"the access log dropped "));
}

}  // namespace
}  // namespace freshet::http
