#include "cache/redis/message_pack.hpp"

namespace freshet::cache {
namespace {

// First bytes. Small values are in the byte itself.
constexpr unsigned char uint8 = 0xcc, uint16 = 0xcd, uint32 = 0xce, uint64 = 0xcf;
constexpr unsigned char str8 = 0xd9, str16 = 0xda, str32 = 0xdb, fixstr = 0xa0, fixstr_max = 31;
constexpr unsigned char bin8 = 0xc4, bin16 = 0xc5, bin32 = 0xc6;
constexpr unsigned char array16 = 0xdc, array32 = 0xdd, fixarray = 0x90, fixarray_max = 15;
constexpr unsigned char fixint_max = 0x7f;
constexpr unsigned char nothing = 0xc1;  // which the format never uses

}  // namespace

void MessagePackWriter::head(unsigned char byte, std::uint64_t number, int number_bytes) {
  out_ += static_cast<char>(byte);
  for (int shift = 8 * (number_bytes - 1); shift >= 0; shift -= 8) out_ += static_cast<char>(number >> shift & 0xffU);
}

void MessagePackWriter::unsigned_integer(std::uint64_t value) {
  if (value <= fixint_max) return head(static_cast<unsigned char>(value), 0, 0);
  if (value <= 0xff) return head(uint8, value, 1);
  if (value <= 0xffff) return head(uint16, value, 2);
  if (value <= 0xffff'ffff) return head(uint32, value, 4);
  head(uint64, value, 8);
}

void MessagePackWriter::text(std::string_view utf8) {
  if (utf8.size() <= fixstr_max) {
    head(static_cast<unsigned char>(fixstr | utf8.size()), 0, 0);
  } else if (utf8.size() <= 0xff) {
    head(str8, utf8.size(), 1);
  } else if (utf8.size() <= 0xffff) {
    head(str16, utf8.size(), 2);
  } else {
    head(str32, utf8.size(), 4);
  }
  out_ += utf8;
}

void MessagePackWriter::bytes(std::string_view bytes) {
  if (bytes.size() <= 0xff) {
    head(bin8, bytes.size(), 1);
  } else if (bytes.size() <= 0xffff) {
    head(bin16, bytes.size(), 2);
  } else {
    head(bin32, bytes.size(), 4);
  }
  out_ += bytes;
}

void MessagePackWriter::array(std::size_t count) {
  if (count <= fixarray_max) return head(static_cast<unsigned char>(fixarray | count), 0, 0);
  if (count <= 0xffff) return head(array16, count, 2);
  head(array32, count, 4);
}

unsigned char MessagePackReader::next() noexcept {
  if (left_.empty()) return nothing;
  const auto byte = static_cast<unsigned char>(left_.front());
  left_.remove_prefix(1);
  return byte;
}

std::optional<std::uint64_t> MessagePackReader::number(std::size_t number_bytes) noexcept {
  if (left_.size() < number_bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (const char byte : left_.substr(0, number_bytes)) value = value << 8U | static_cast<unsigned char>(byte);
  left_.remove_prefix(number_bytes);
  return value;
}

std::optional<std::string_view> MessagePackReader::take(std::optional<std::uint64_t> size) noexcept {
  if (!size || *size > left_.size()) return std::nullopt;
  const std::string_view taken = left_.substr(0, *size);
  left_.remove_prefix(taken.size());
  return taken;
}

std::optional<std::uint64_t> MessagePackReader::unsigned_integer() noexcept {
  const unsigned char byte = next();
  if (byte <= fixint_max) return byte;
  if (byte >= uint8 && byte <= uint64) return number(std::size_t{1} << static_cast<unsigned>(byte - uint8));
  return std::nullopt;
}

std::optional<std::string_view> MessagePackReader::text() noexcept {
  const unsigned char byte = next();
  if ((byte & ~fixstr_max) == fixstr) return take(byte & fixstr_max);
  if (byte >= str8 && byte <= str32) return take(number(std::size_t{1} << static_cast<unsigned>(byte - str8)));
  return std::nullopt;
}

std::optional<std::string_view> MessagePackReader::bytes() noexcept {
  const unsigned char byte = next();
  if (byte >= bin8 && byte <= bin32) return take(number(std::size_t{1} << static_cast<unsigned>(byte - bin8)));
  return std::nullopt;
}

std::optional<std::size_t> MessagePackReader::array() noexcept {
  const unsigned char byte = next();
  if ((byte & ~fixarray_max) == fixarray) return byte & fixarray_max;
  if (byte == array16) return number(2);
  if (byte == array32) return number(4);
  return std::nullopt;
}

}  // namespace freshet::cache
