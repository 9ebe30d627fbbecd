#include "http/access_log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/json_writer.hpp"

namespace freshet::http {
namespace {

constexpr std::size_t target_column = 48;

constexpr std::string_view red = "\x1b[31m", yellow = "\x1b[33m", green = "\x1b[32m", cyan = "\x1b[36m",
                           dim = "\x1b[2m", bold = "\x1b[1m", plain = "\x1b[0m";

std::string_view level_of(unsigned status) noexcept {
  return status >= 500 ? "error" : status >= 400 ? "warn" : "info";
}

std::string_view colour_of(unsigned status) noexcept {
  return status >= 500 ? red : status >= 400 ? yellow : status >= 300 ? cyan : green;
}

void write_digits(char* out, unsigned number, int count) noexcept {
  for (int i = count - 1; i >= 0; --i, number /= 10) out[i] = static_cast<char>('0' + number % 10);
}

void append_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  if (count != 0) json.member(name, static_cast<std::int64_t>(count));
}

// Text of a request on a terminal: control bytes, DEL and the C1 range (which some terminals obey) as \xNN.
std::size_t append_escaped(Bytes& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c >= 0x20 && c != 0x7F && !c1) {
      out.push_back(text[i]);
      continue;
    }
    const std::array<char, 4> escape{'\\', 'x', digits[c >> 4], digits[c & 15]};
    out.append({escape.data(), escape.size()});
  }
  return out.size() - before;
}

void pad(Bytes& out, std::size_t length, std::size_t column) {
  constexpr std::string_view blanks = "                                                ";
  if (length < column) out.append(blanks.substr(0, std::min(column - length, blanks.size())));
}

// Tenths, rounded: "1.3 ms", "870 us", "2.1 KB".
struct Scale {
  std::uint64_t one;
  std::string_view unit;
};

void append_scaled(Bytes& out, std::uint64_t amount, std::span<const Scale> scales, std::size_t column) {
  const auto scale =
      std::find_if(scales.begin(), scales.end() - 1, [amount](const Scale& s) { return amount >= s.one; });
  std::array<char, 24> text{};
  char* at = text.data();
  const std::uint64_t tenths = scale->one == 1 ? amount * 10 : (amount * 10 + scale->one / 2) / scale->one;
  at = std::to_chars(at, text.data() + text.size(), tenths / 10).ptr;
  if (scale->one != 1 && tenths < 1000) {
    *at++ = '.';
    *at++ = static_cast<char>('0' + tenths % 10);
  }
  const auto length = static_cast<std::size_t>(at - text.data());
  pad(out, length + 1 + scale->unit.size(), column);
  out.append({text.data(), length});
  out.push_back(' ');
  out.append(scale->unit);
}

void append_duration(Bytes& out, std::uint64_t microseconds, std::size_t column) {
  static constexpr std::array<Scale, 3> scales{{{1'000'000, "s"}, {1'000, "ms"}, {1, "us"}}};
  append_scaled(out, microseconds, scales, column);
}

void append_size(Bytes& out, std::uint64_t bytes, std::size_t column) {
  static constexpr std::array<Scale, 4> scales{{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}, {1, "B"}}};
  append_scaled(out, bytes, scales, column);
}

class Paint {
 public:
  Paint(Bytes& out, bool colour) : out_(out), colour_(colour) {}
  void operator()(std::string_view escape) {
    if (colour_) out_.append(escape);
  }

 private:
  Bytes& out_;
  bool colour_;
};

}  // namespace

std::string_view LogClock::full(LogTime time) {
  using namespace std::chrono;
  const sys_seconds second = floor<seconds>(time);
  if (second != second_) {
    second_ = second;
    const sys_days day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss clock(second - day);
    write_digits(text_, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    write_digits(text_ + 5, static_cast<unsigned>(date.month()), 2);
    write_digits(text_ + 8, static_cast<unsigned>(date.day()), 2);
    write_digits(text_ + 11, static_cast<unsigned>(clock.hours().count()), 2);
    write_digits(text_ + 14, static_cast<unsigned>(clock.minutes().count()), 2);
    write_digits(text_ + 17, static_cast<unsigned>(clock.seconds().count()), 2);
  }
  write_digits(text_ + 20, static_cast<unsigned>((time - second).count()), 3);
  return {text_, 24};
}

void append_json_line(Bytes& out, const AccessRecord& record, std::string_view time) {
  const Request& request = *record.request;
  JsonWriter json(out);
  json.begin_object();
  json.member("time", time);
  json.member("level", level_of(record.status));
  json.member("request_id", request.request_id);
  json.member("method", request.method_text);
  json.member("path", request.path);
  if (!request.query.empty()) json.member("query", request.query);
  if (!record.route.empty()) json.member("route", record.route);
  json.member("status", static_cast<std::int64_t>(record.status));
  json.member("bytes", static_cast<std::int64_t>(record.bytes_out));
  json.member("duration_us", static_cast<std::int64_t>(record.duration.count()));
  append_count(json, "database_wait_us", record.database_wait_us);
  append_count(json, "database_run_us", record.database_run_us);
  json.member("remote", request.remote);
  if (!record.error.empty()) json.member("error", record.error);
  json.end_object();
  out.push_back('\n');
}

void append_pretty_line(Bytes& out, const AccessRecord& record, std::string_view time, bool colour) {
  const Request& request = *record.request;
  Paint paint(out, colour);
  paint(dim);
  out.append(time);
  paint(plain);
  out.append("  ");
  paint(colour_of(record.status));
  std::array<char, 3> status{};
  write_digits(status.data(), std::min(record.status, 999U), 3);
  out.append({status.data(), status.size()});
  paint(plain);
  out.append("  ");
  paint(bold);
  pad(out, append_escaped(out, request.method_text), 8);
  paint(plain);
  pad(out, append_escaped(out, request.target), target_column);
  append_duration(out, static_cast<std::uint64_t>(record.duration.count()), 9);
  append_size(out, record.bytes_out, 10);
  if (record.database_run_us != 0 || record.database_wait_us != 0) {
    paint(dim);
    out.append("  database ");
    append_duration(out, record.database_run_us, 0);
    if (record.database_wait_us >= 1000) {
      out.append(" after ");
      append_duration(out, record.database_wait_us, 0);
    }
    paint(plain);
  }
  if (!record.error.empty()) {
    out.append("  ");
    paint(colour_of(record.status));
    append_escaped(out, record.error);
    paint(plain);
    paint(dim);
    out.append("  ");
    append_escaped(out, request.request_id);
    paint(plain);
  }
  out.push_back('\n');
}

}  // namespace freshet::http
