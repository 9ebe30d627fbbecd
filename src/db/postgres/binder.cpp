#include "db/postgres/binder.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/error.hpp"
#include "db/postgres/oids.hpp"

namespace freshet::db::postgres {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Types whose binary form is their text.
bool is_text_type(std::uint32_t type) noexcept {
  return type == oid::text || type == oid::varchar || type == oid::bpchar || type == oid::name || type == oid::json;
}

void refuse_nul(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return;
  throw Error(ErrorKind::unprocessable, "a text must not hold a NUL character");
}

/// As PostgreSQL reads floating-point numbers.
std::string_view digits_of(double value, std::array<char, 32>& room) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return {room.data(), std::to_chars(room.data(), room.data() + room.size(), value).ptr};
}

struct AppendItem {
  std::string& out;

  void operator()(Null) const { out += "NULL"; }
  void operator()(bool flag) const { out += flag ? '1' : '0'; }
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const {
    std::array<char, 32> room{};
    out += digits_of(number, room);
  }
  void operator()(const std::string& text) const {
    refuse_nul(text);
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  void operator()(const Blob& blob) const {
    out += "\"\\\\x";
    for (const char c : blob.bytes) {
      out += hex_digits[static_cast<unsigned char>(c) >> 4U];
      out += hex_digits[static_cast<unsigned char>(c) & 15U];
    }
    out += '"';
  }
};

}  // namespace

void PostgresBinder::start(const Statement& statement) {
  types_ = statement.parameter_types;
  slots_.assign(static_cast<std::size_t>(statement.parameter_count), Slot{});
  buffer_.clear();
}

std::uint32_t PostgresBinder::type(int position) const noexcept {
  const auto index = static_cast<std::size_t>(position - 1);
  return index < types_.size() ? types_[index] : oid::unknown;
}

void PostgresBinder::put(int position, std::string_view text) {
  refuse_nul(text);
  Slot& at = slot(position);
  at = {.bytes = nullptr, .offset = buffer_.size(), .length = static_cast<int>(text.size()), .binary = false};
  buffer_.append(text).push_back('\0');
}

void PostgresBinder::null(int position) { slot(position) = {}; }

void PostgresBinder::integer(int position, std::int64_t value) {
  std::array<char, 24> room{};
  put(position, {room.data(), std::to_chars(room.data(), room.data() + room.size(), value).ptr});
}

void PostgresBinder::real(int position, double value) {
  std::array<char, 32> room{};
  put(position, digits_of(value, room));
}

void PostgresBinder::text(int position, std::string_view value) {
  const std::uint32_t wanted = type(position);
  if (!is_text_type(wanted) && wanted != oid::bytea) return put(position, value);
  if (wanted != oid::bytea) refuse_nul(value);
  slot(position) = {.bytes = value.data() == nullptr ? "" : value.data(),
                    .offset = npos,
                    .length = static_cast<int>(value.size()),
                    .binary = true};
}

void PostgresBinder::blob(int position, std::string_view bytes) { text(position, bytes); }

void PostgresBinder::list(int position, std::span<const Value> values) {
  std::string array = "{";
  for (const Value& value : values) {
    if (array.size() > 1) array += ',';
    std::visit(AppendItem{array}, value);
  }
  array += '}';
  put(position, array);
}

PostgresBinder::Sent PostgresBinder::finish() {
  values_.clear();
  lengths_.clear();
  formats_.clear();
  for (const Slot& slot : slots_) {
    values_.push_back(slot.offset == npos ? slot.bytes : buffer_.data() + slot.offset);
    lengths_.push_back(slot.length);
    formats_.push_back(slot.binary ? 1 : 0);
  }
  return {.values = values_.data(), .lengths = lengths_.data(), .formats = formats_.data()};
}

}  // namespace freshet::db::postgres
