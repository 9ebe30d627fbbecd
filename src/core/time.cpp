#include "core/time.hpp"

#include <fmt/format.h>

namespace freshet {
namespace {

namespace chrono = std::chrono;

constexpr int year_min = 1;
constexpr int year_max = 9999;

// Takes exactly `count` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char expected) noexcept {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<chrono::year_month> take_month(std::string_view& text) noexcept {
  const auto year = take_number(text, 4);
  if (!year || *year < year_min || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  return chrono::year(*year) / chrono::month(static_cast<unsigned>(*month));
}

std::optional<chrono::year_month_day> take_date(std::string_view& text) noexcept {
  const auto month = take_month(text);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const chrono::year_month_day date = *month / chrono::day(static_cast<unsigned>(*day));
  return date.ok() ? std::optional(date) : std::nullopt;
}

// HH:MM[:SS[.fraction]]
std::optional<chrono::microseconds> take_time(std::string_view& text) noexcept {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  chrono::microseconds time = chrono::hours(*hour) + chrono::minutes(*minute);
  if (!take(text, ':')) return time;
  const auto second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  time += chrono::seconds(*second);
  if (!take(text, '.')) return time;
  constexpr int fraction_digits_max = 9;
  int digits = 0;
  int unit = 100'000;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (++digits > fraction_digits_max) return std::nullopt;
    time += chrono::microseconds(unit * (text.front() - '0'));
    unit /= 10;
  }
  return digits != 0 ? std::optional(time) : std::nullopt;
}

// Z, +HH, +HHMM, +HH:MM or nothing.
std::optional<chrono::minutes> take_offset(std::string_view& text) noexcept {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return chrono::minutes(0);
  const bool west = text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  chrono::minutes offset = chrono::hours(*hours);
  if (!text.empty()) {
    take(text, ':');
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    offset += chrono::minutes(*minutes);
  }
  return west ? -offset : offset;
}

}  // namespace

std::optional<chrono::year_month_day> parse_date(std::string_view text) noexcept {
  const auto date = take_date(text);
  return text.empty() ? date : std::nullopt;
}

std::optional<chrono::year_month> parse_month(std::string_view text) noexcept {
  const auto month = take_month(text);
  return text.empty() ? month : std::nullopt;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept {
  const auto date = take_date(text);
  if (!date || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto time = take_time(text);
  if (!time) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const Timestamp timestamp = chrono::sys_days(*date) + *time - *offset;
  const auto year = static_cast<int>(chrono::year_month_day(chrono::floor<chrono::days>(timestamp)).year());
  return year >= year_min && year <= year_max ? std::optional(timestamp) : std::nullopt;
}

std::string to_text(chrono::year_month_day date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string to_text(chrono::year_month month) {
  return fmt::format("{:04}-{:02}", static_cast<int>(month.year()), static_cast<unsigned>(month.month()));
}

std::string to_text(Timestamp timestamp) {
  const auto day = chrono::floor<chrono::days>(timestamp);
  const chrono::hh_mm_ss time(timestamp - day);
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}.", to_text(chrono::year_month_day(day)), time.hours().count(),
                                 time.minutes().count(), time.seconds().count());
  const auto microseconds = time.subseconds().count();
  if (microseconds % 1000 == 0) {
    text += fmt::format("{:03}Z", microseconds / 1000);
  } else {
    text += fmt::format("{:06}Z", microseconds);
  }
  return text;
}

std::optional<chrono::year_month> add_months(chrono::year_month month, long long count) noexcept {
  constexpr long long months_max = 12LL * (year_max + 1);
  if (count > months_max || count < -months_max) return std::nullopt;
  const chrono::year_month sum = month + chrono::months(static_cast<int>(count));
  const int year = static_cast<int>(sum.year());
  return year >= year_min && year <= year_max ? std::optional(sum) : std::nullopt;
}

std::optional<std::string> month_of(std::string_view text) {
  const std::string_view whole = text;
  const auto month = take_month(text);
  if (!month) return std::nullopt;
  if (!text.empty()) {
    std::string_view rest = whole;
    if (!take_date(rest)) return std::nullopt;
    if (!rest.empty() && rest.front() != 'T' && rest.front() != 't' && rest.front() != ' ') return std::nullopt;
  }
  return to_text(*month);
}

Timestamp now() noexcept { return chrono::floor<chrono::milliseconds>(chrono::system_clock::now()); }

}  // namespace freshet
