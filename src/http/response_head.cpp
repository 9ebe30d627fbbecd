#include "http/response_head.hpp"

#include <algorithm>
#include <charconv>

#include "core/error.hpp"
#include "core/text.hpp"

namespace freshet::http {
namespace {

constexpr std::size_t date_length = 29;  // "Tue, 24 Nov 2026 05:34:19 GMT"

void write_two(char* out, int number) noexcept {
  out[0] = static_cast<char>('0' + number / 10);
  out[1] = static_cast<char>('0' + number % 10);
}

// IMF-fixdate of RFC 9110; strftime would ask the locale.
std::array<char, date_length> http_date(std::time_t second) noexcept {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm time{};
  gmtime_r(&second, &time);
  std::array<char, date_length> text{};
  std::string_view("Ddd, 00 Mmm 0000 00:00:00 GMT").copy(text.data(), date_length);
  days.copy(text.data(), 3, static_cast<std::size_t>(time.tm_wday) * 3);
  write_two(text.data() + 5, time.tm_mday);
  months.copy(text.data() + 8, 3, static_cast<std::size_t>(time.tm_mon) * 3);
  write_two(text.data() + 12, (time.tm_year + 1900) / 100);
  write_two(text.data() + 14, time.tm_year % 100);
  write_two(text.data() + 17, time.tm_hour);
  write_two(text.data() + 20, time.tm_min);
  write_two(text.data() + 23, time.tm_sec);
  return text;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  });
}

}  // namespace

HeadWriter::HeadWriter(std::string_view server_name) {
  if (!header_is_safe("Server", server_name)) {
    throw Error(ErrorKind::config, "server.server_name has characters that cannot stand in a header");
  }
  if (!server_name.empty()) common_ = "Server: " + std::string(server_name) + "\r\n";
  common_ += "Date: " + std::string(date_length, ' ') + "\r\n";
}

void HeadWriter::refresh(std::time_t second) {
  const std::array<char, date_length> date = http_date(second);
  std::copy(date.begin(), date.end(), common_.end() - 2 - static_cast<std::ptrdiff_t>(date_length));
  second_ = second;
}

void HeadWriter::begin(Bytes& out, unsigned status) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second_) refresh(now.tv_sec);
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else {
    out.append("HTTP/1.1 ");
    std::array<char, 3> digits{};
    std::to_chars(digits.data(), digits.data() + digits.size(), std::clamp(status, 100U, 999U));
    out.append({digits.data(), digits.size()});
    out.push_back(' ');
    out.append(reason_phrase(status));
    out.append("\r\n");
  }
  out.append(common_);
}

void append_header(Bytes& out, std::string_view name, std::string_view value) {
  char* const begin = out.prepare(name.size() + value.size() + 4);
  char* at = std::copy(name.begin(), name.end(), begin);
  *at++ = ':';
  *at++ = ' ';
  at = std::copy(value.begin(), value.end(), at);
  *at++ = '\r';
  *at++ = '\n';
  out.commit(static_cast<std::size_t>(at - begin));
}

void append_header(Bytes& out, std::string_view name, std::uint64_t number) {
  std::array<char, 20> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  append_header(out, name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

std::string header_lines(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string lines;
  for (const auto& [name, value] : headers) {
    if (!header_is_safe(name, value)) {
      throw Error(ErrorKind::internal, "the answer has a header that cannot be sent: " + name);
    }
    if (header_is_reserved(name)) continue;
    lines.append(name).append(": ").append(value).append("\r\n");
  }
  return lines;
}

bool header_is_safe(std::string_view name, std::string_view value) noexcept {
  return is_token(name) && std::all_of(value.begin(), value.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte >= 0x20 && byte != 0x7f) || c == '\t';
         });
}

bool header_is_reserved(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 8> reserved{"Connection", "Content-Length",    "Date",    "Keep-Alive",
                                                     "Server",     "Transfer-Encoding", "Trailer", "X-Request-Id"};
  return std::any_of(reserved.begin(), reserved.end(),
                     [name](std::string_view other) { return equal_ignoring_case(name, other); });
}

}  // namespace freshet::http
