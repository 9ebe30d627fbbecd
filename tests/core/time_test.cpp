#include "core/time.hpp"

#include <gtest/gtest.h>

namespace freshet {
namespace {

std::string date(std::string_view text) {
  const auto parsed = parse_date(text);
  return parsed ? to_text(*parsed) : "refused";
}
std::string month(std::string_view text) {
  const auto parsed = parse_month(text);
  return parsed ? to_text(*parsed) : "refused";
}
std::string timestamp(std::string_view text) {
  const auto parsed = parse_timestamp(text);
  return parsed ? to_text(*parsed) : "refused";
}

TEST(DateTest, days_must_exist_in_the_calendar) {
  EXPECT_EQ(date("2024-02-29"), "2024-02-29");
  EXPECT_EQ(date("2000-02-29"), "2000-02-29");
  EXPECT_EQ(date("0001-01-01"), "0001-01-01");
  EXPECT_EQ(date("9999-12-31"), "9999-12-31");
  for (const auto* text :
       {"2023-02-29", "1900-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00", "0000-01-01"}) {
    EXPECT_EQ(date(text), "refused") << text;
  }
}

TEST(DateTest, there_is_one_way_to_write_it) {
  for (const auto* text : {"", "2025", "2025-1-1", "25-01-01", "2025-01-01 ", " 2025-01-01", "2025/01/01", "20250101",
                           "2025-01-01T00:00", "+2025-01-01", "-2025-01-01", "2025-01-1x", "12025-01-01"}) {
    EXPECT_EQ(date(text), "refused") << text;
  }
}

TEST(MonthTest, is_a_year_and_one_of_twelve) {
  EXPECT_EQ(month("2025-01"), "2025-01");
  EXPECT_EQ(month("9999-12"), "9999-12");
  for (const auto* text : {"2025-13", "2025-00", "2025-1", "2025", "2025-01-01", "0000-01", "2025-01 ", "abcd-ef"}) {
    EXPECT_EQ(month(text), "refused") << text;
  }
}

TEST(TimestampTest, is_put_into_utc_with_milliseconds) {
  EXPECT_EQ(timestamp("2025-01-31T08:30:00Z"), "2025-01-31T08:30:00.000Z");
  EXPECT_EQ(timestamp("2025-01-31T08:30:00+01:00"), "2025-01-31T07:30:00.000Z");
  EXPECT_EQ(timestamp("2025-01-01T00:30:00+01:00"), "2024-12-31T23:30:00.000Z");
  EXPECT_EQ(timestamp("2024-02-28T23:00:00-01:00"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(timestamp("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59.500Z");
}

TEST(TimestampTest, keeps_microseconds_and_cuts_what_is_finer) {
  EXPECT_EQ(timestamp("2025-01-31T08:30:00.5Z"), "2025-01-31T08:30:00.500Z");
  EXPECT_EQ(timestamp("2025-01-31T08:30:00.000001Z"), "2025-01-31T08:30:00.000001Z");
  EXPECT_EQ(timestamp("2025-01-31T08:30:00.123456789Z"), "2025-01-31T08:30:00.123456Z");
  EXPECT_EQ(timestamp("2025-01-31T08:30:00.1234567890Z"), "refused");
  EXPECT_EQ(timestamp("2025-01-31T08:30:00.Z"), "refused");
}

TEST(TimestampTest, takes_the_usual_spellings) {
  for (const auto* text : {"2025-01-31 08:30:00Z", "2025-01-31t08:30:00z", "2025-01-31T08:30Z", "2025-01-31T08:30:00",
                           "2025-01-31T09:30:00+01", "2025-01-31T09:30:00+0100", "2025-01-31T03:00:00-05:30"}) {
    EXPECT_EQ(timestamp(text), "2025-01-31T08:30:00.000Z") << text;
  }
}

TEST(TimestampTest, refuses_times_that_do_not_exist) {
  for (const auto* text : {"2025-02-29T00:00:00Z", "2025-01-31T24:00:00Z", "2025-01-31T23:60:00Z",
                           "2025-06-30T23:59:60Z", "2025-01-31T08:30:00+24:00", "2025-01-31T08:30:00+01:60"}) {
    EXPECT_EQ(timestamp(text), "refused") << text;
  }
}

TEST(TimestampTest, refuses_what_is_no_timestamp) {
  for (const auto* text :
       {"", "2025-01-31", "2025-01-31T", "2025-01-31T08", "2025-01-31T8:30:00Z", "2025-01-31_08:30:00Z",
        "2025-01-31T08:30:00 Z", "2025-01-31T08:30:00Zz", "2025-01-31T08:30:00 01:00", "1738312200",
        "2025-01-31T08:30:00+1", "2025-01-31T08:30:00+01:"}) {
    EXPECT_EQ(timestamp(text), "refused") << text;
  }
}

TEST(TimestampTest, refuses_what_leaves_the_four_digit_years_in_utc) {
  EXPECT_EQ(timestamp("9999-12-31T23:30:00-01:00"), "refused");
  EXPECT_EQ(timestamp("0001-01-01T00:30:00+01:00"), "refused");
  EXPECT_EQ(timestamp("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
}

TEST(TimestampTest, texts_at_millisecond_steps_sort_like_the_times) {
  EXPECT_LT(timestamp("2025-01-31T08:30:00Z"), timestamp("2025-01-31T08:30:00.001Z"));
  EXPECT_LT(timestamp("2025-01-31T08:30:00.999Z"), timestamp("2025-01-31T08:30:01Z"));
}

TEST(MonthArithmeticTest, crosses_years_in_both_directions) {
  using std::chrono::year;
  const auto january = year(2025) / 1;
  EXPECT_EQ(to_text(*add_months(january, -1)), "2024-12");
  EXPECT_EQ(to_text(*add_months(january, 0)), "2025-01");
  EXPECT_EQ(to_text(*add_months(january, 25)), "2027-02");
}

TEST(MonthArithmeticTest, ends_with_the_calendar) {
  using std::chrono::year;
  EXPECT_EQ(to_text(*add_months(year(9999) / 11, 1)), "9999-12");
  EXPECT_FALSE(add_months(year(9999) / 12, 1));
  EXPECT_FALSE(add_months(year(1) / 1, -1));
  EXPECT_FALSE(add_months(year(2025) / 1, 9'000'000'000'000'000'000LL));
  EXPECT_FALSE(add_months(year(2025) / 1, -9'000'000'000'000'000'000LL));
}

TEST(MonthOfTest, takes_the_month_of_dates_timestamps_and_months) {
  EXPECT_EQ(month_of("2025-01-31"), "2025-01");
  EXPECT_EQ(month_of("2025-01-31T08:30:00Z"), "2025-01");
  EXPECT_EQ(month_of("2025-01-31 08:30"), "2025-01");
  EXPECT_EQ(month_of("2025-01"), "2025-01");
}

TEST(MonthOfTest, does_not_guess) {
  for (const auto* text :
       {"", "2025", "2025-13-01", "2025-02-30", "2025-01-", "2025-01-3", "2025-01x", "2025-01-31x", "31/01/2025"}) {
    EXPECT_FALSE(month_of(text)) << text;
  }
}

TEST(NowTest, is_a_whole_number_of_milliseconds_after_this_was_written) {
  const Timestamp time = now();
  EXPECT_EQ(time.time_since_epoch().count() % 1000, 0);
  EXPECT_GT(time, *parse_timestamp("2025-01-01T00:00:00Z"));
  EXPECT_EQ(to_text(time).size(), std::string_view("2025-01-31T08:30:00.000Z").size());
}

}  // namespace
}  // namespace freshet
