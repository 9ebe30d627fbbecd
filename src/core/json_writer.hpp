#pragma once
// Writes JSON text straight into Bytes: no tree, no allocation beyond the buffer's growth.
// The caller is trusted to nest properly (asserted in debug builds); commas are placed by the writer.

#include <cstdint>
#include <string_view>

#include "core/bytes.hpp"
#include "core/value.hpp"

namespace freshet {

/// Appends `text` as a quoted JSON string (RFC 8259). Invalid UTF-8 sequences become U+FFFD, so that the answer is
/// always valid JSON whatever the database holds. O(n).
void append_json_string(Bytes& out, std::string_view text);
/// Appends a number. Non-finite doubles have no JSON form and become null; finite ones are shortest round-trip.
void append_json_integer(Bytes& out, std::int64_t value);
void append_json_double(Bytes& out, double value);

class JsonWriter {
 public:
  explicit JsonWriter(Bytes& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// A member's name; its value must follow.
  void key(std::string_view name);

  void string(std::string_view text);
  void integer(std::int64_t value);
  void real(double value);
  void boolean(bool value);
  void null();
  /// Text that is JSON already.
  void raw(std::string_view json);

  // A member in one call.
  void member(std::string_view name, std::string_view text) {
    key(name);
    string(text);
  }
  void member(std::string_view name, const char* text) {
    key(name);
    string(text);
  }
  void member(std::string_view name, std::int64_t value) {
    key(name);
    integer(value);
  }
  void member(std::string_view name, bool value) {
    key(name);
    boolean(value);
  }

  [[nodiscard]] Bytes& out() noexcept { return out_; }

 private:
  void open(char c) {
    separate();
    out_.push_back(c);
    first_ = true;
  }
  void close(char c) {
    out_.push_back(c);
    first_ = false;
  }
  void separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }

  Bytes& out_;
  bool first_ = true;
};

}  // namespace freshet
