#pragma once
// Dates, months and timestamps as texts: strict readers, canonical writers. Proleptic Gregorian calendar, years 0001 to
// 9999, everything in UTC; no time zone database is consulted. O(1), no allocation but for the results.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

/// A moment, to the microsecond.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// `2024-02-29`, which must exist in the calendar.
[[nodiscard]] std::optional<std::chrono::year_month_day> parse_date(std::string_view text) noexcept;

/// `2025-01`.
[[nodiscard]] std::optional<std::chrono::year_month> parse_month(std::string_view text) noexcept;

/// RFC 3339 with the usual liberties: `2025-01-31T08:30:00+01:00`, a blank or 't' for the 'T', seconds left out, up to
/// nine fraction digits (those beyond microseconds are cut off), offsets `Z`, `+01`, `+0100`, `+01:00`. Without an
/// offset the time is UTC. Leap seconds (:60) and 24:00 are refused, and so is what leaves the years 0001 to 9999 in
/// UTC.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text) noexcept;

/// Canonical texts: `2024-02-29`, `2025-01`.
[[nodiscard]] std::string to_text(std::chrono::year_month_day date);
[[nodiscard]] std::string to_text(std::chrono::year_month month);
/// `2025-01-31T07:30:00.000Z`: three fraction digits, six where the microseconds need them, so that texts written by
/// now() and those of parameters sort alike.
[[nodiscard]] std::string to_text(Timestamp timestamp);

/// The month `count` months later (earlier if negative). nullopt outside the years 0001 to 9999.
[[nodiscard]] std::optional<std::chrono::year_month> add_months(std::chrono::year_month month,
                                                                long long count) noexcept;

/// 'YYYY-MM' of a text that starts with a date, or is a month already: dates and timestamps alike. nullopt if it is
/// neither.
[[nodiscard]] std::optional<std::string> month_of(std::string_view text);

/// The current time, cut to milliseconds.
[[nodiscard]] Timestamp now() noexcept;

}  // namespace freshet
