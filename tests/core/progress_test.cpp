#include "core/progress.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ProgressFormat, counts_have_thousands_separators) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(541909), "541,909");
  EXPECT_EQ(format_count(1234567890), "1,234,567,890");
}

TEST(ProgressFormat, durations_read_well_at_every_size) {
  EXPECT_EQ(format_duration(-1), "0 s");
  EXPECT_EQ(format_duration(0), "0 s");
  EXPECT_EQ(format_duration(0.254), "0.25 s");
  EXPECT_EQ(format_duration(0.999), "1.0 s");
  EXPECT_EQ(format_duration(2), "2 s");
  EXPECT_EQ(format_duration(3.24), "3.2 s");
  EXPECT_EQ(format_duration(9.96), "10 s");
  EXPECT_EQ(format_duration(59.7), "1 min 00 s");
  EXPECT_EQ(format_duration(65), "1 min 05 s");
  EXPECT_EQ(format_duration(3599.9), "1 h 00 min");
  EXPECT_EQ(format_duration(7384), "2 h 03 min");
  EXPECT_EQ(format_duration(200'000), "2 d 07 h");
}

TEST(ProgressFormat, rates_are_whole_unless_small) {
  EXPECT_EQ(format_rate(0), "0");
  EXPECT_EQ(format_rate(0.416), "0.42");
  EXPECT_EQ(format_rate(186'932.4), "186,932");
}

TEST(ProgressArithmetic, smoothing_moves_towards_the_current_rate) {
  EXPECT_DOUBLE_EQ(smooth_rate(100, 200, 0, 3), 100);
  EXPECT_NEAR(smooth_rate(100, 200, 3, 3), 163.21, 0.01);
  EXPECT_NEAR(smooth_rate(100, 200, 300, 3), 200, 1e-9);
}

TEST(ProgressArithmetic, remaining_time_follows_the_share_done) {
  EXPECT_LT(remaining_seconds(0, 100, 5), 0);
  EXPECT_LT(remaining_seconds(10, 0, 5), 0);
  EXPECT_DOUBLE_EQ(remaining_seconds(25, 100, 5), 15);
  EXPECT_DOUBLE_EQ(remaining_seconds(100, 100, 5), 0);
  EXPECT_DOUBLE_EQ(remaining_seconds(120, 100, 5), 0);
}

constexpr ProgressView view{.label = "Loading invoices",
                            .unit = "rows",
                            .count = 254'697,
                            .done = 470,
                            .total = 1000,
                            .rate = 186'932,
                            .elapsed_s = 1.4};

TEST(ProgressBar, shows_share_count_rate_and_time_left) {
  EXPECT_EQ(render_bar(view, 100, false),
            "Loading invoices  [#################---------------------]   47 %  254,697 rows  186,932/s  2 s left");
  EXPECT_THAT(render_bar(view, 100, true), HasSubstr("█░"));
}

TEST(ProgressBar, fits_every_width) {
  for (std::size_t width = 1; width < 200; ++width) {
    EXPECT_LE(render_bar(view, width, false).size(), width);
    const std::string unicode = render_bar(view, width, true);
    std::size_t columns = 0;
    for (const char c : unicode) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    EXPECT_LE(columns, width);
  }
}

TEST(ProgressBar, without_a_total_there_is_no_share) {
  ProgressView open = view;
  open.total = 0;
  EXPECT_EQ(render_bar(open, 100, false), "Loading invoices  254,697 rows  186,932/s  1.4 s");
  EXPECT_EQ(render_line(open), "Loading invoices: 254,697 rows, 186,932 rows/s");
}

TEST(ProgressLine, says_the_same_in_words) {
  EXPECT_EQ(render_line(view), "Loading invoices: 254,697 rows, 47 %, 186,932 rows/s, 2 s left");
}

struct Fixture {
  explicit Fixture(ProgressStyle style)
      : progress({.label = "Seeding",
                  .style = style,
                  .write = [this](std::string_view text) { written.emplace_back(text); },
                  .now = [this] { return time; },
                  .width = [] { return std::size_t{80}; }}) {}

  std::chrono::steady_clock::time_point time{};
  std::vector<std::string> written;
  Progress progress;
};

TEST(Progress, redraws_at_most_ten_times_a_second) {
  Fixture f(ProgressStyle::bar);
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    f.time += std::chrono::microseconds(100);
    f.progress.update(i, i, 10'000);
  }
  EXPECT_GE(f.written.size(), 8U);
  EXPECT_LE(f.written.size(), 10U);
  EXPECT_THAT(f.written.back(), StartsWith("\rSeeding"));
  EXPECT_THAT(f.written.back(), HasSubstr("10,000/s"));
}

TEST(Progress, slow_rows_are_shown_as_they_come) {
  Fixture f(ProgressStyle::bar);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    f.time += milliseconds(500);
    f.progress.update(i, i, 10);
  }
  EXPECT_EQ(f.written.size(), 5U);
}

TEST(Progress, a_burst_does_not_hide_a_standstill_that_follows) {
  Fixture f(ProgressStyle::bar);
  f.time += milliseconds(200);
  f.progress.update(1'000'000, 1, 2);
  f.time += milliseconds(200);
  f.progress.update(1'100'000, 1, 2);
  EXPECT_EQ(f.written.size(), 2U);
}

TEST(Progress, without_a_terminal_a_line_comes_every_few_seconds) {
  Fixture f(ProgressStyle::lines);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    f.time += milliseconds(100);
    f.progress.update(i, i, 100);
  }
  ASSERT_EQ(f.written.size(), 3U);
  EXPECT_EQ(f.written[0], "Seeding: 30 rows, 30 %, 10 rows/s, 7 s left\n");
}

TEST(Progress, silent_writes_nothing) {
  Fixture f(ProgressStyle::silent);
  f.time += milliseconds(10'000);
  f.progress.update(1000, 1, 2);
  f.progress.finish("done");
  EXPECT_TRUE(f.written.empty());
}

TEST(Progress, finishing_replaces_the_bar_with_the_summary) {
  Fixture f(ProgressStyle::bar);
  f.time += milliseconds(2'000);
  f.progress.update(1000, 1, 1);
  f.progress.finish(f.progress.totals(1000));
  ASSERT_EQ(f.written.size(), 3U);
  EXPECT_EQ(f.written[1], "\r\x1b[K");
  EXPECT_EQ(f.written[2], "1,000 rows in 2 s (500 rows/s)\n");
  f.progress.update(5000, 1, 1);
  EXPECT_EQ(f.written.size(), 3U);
}

TEST(Progress, one_is_in_the_singular) {
  Fixture f(ProgressStyle::lines);
  f.time += milliseconds(500);
  EXPECT_EQ(f.progress.totals(1), "1 row in 0.50 s (2.00 rows/s)");
}

TEST(Progress, an_unfinished_bar_is_cleared) {
  std::vector<std::string> written;
  {
    std::chrono::steady_clock::time_point time{};
    Progress progress({.label = "x",
                       .style = ProgressStyle::bar,
                       .write = [&](std::string_view text) { written.emplace_back(text); },
                       .now = [&] { return time; },
                       .width = [] { return std::size_t{80}; }});
    time += milliseconds(500);
    progress.update(1, 1, 2);
  }
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written.back(), "\r\x1b[K");
}

}  // namespace
}  // namespace freshet
