#pragma once
// As much of MessagePack (msgpack.org) as records need: unsigned integers, texts, bytes, arrays. Any reader of the
// format can read what is written here; what is read here may be anything at all.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet::cache {

/// Appends to a text that it does not own.
class MessagePackWriter {
 public:
  explicit MessagePackWriter(std::string& out) noexcept : out_(out) {}

  void unsigned_integer(std::uint64_t value);
  void text(std::string_view utf8);
  void bytes(std::string_view bytes);
  /// So many values follow.
  void array(std::size_t count);

 private:
  void head(unsigned char byte, std::uint64_t number, int number_bytes);

  std::string& out_;
};

/// Reads values in their order. nullopt: there is no such value here, and whoever reads gives up. Views are into what
/// is read; a length that goes beyond it is no value.
class MessagePackReader {
 public:
  explicit MessagePackReader(std::string_view in) noexcept : left_(in) {}

  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() noexcept;
  [[nodiscard]] std::optional<std::string_view> text() noexcept;
  [[nodiscard]] std::optional<std::string_view> bytes() noexcept;
  [[nodiscard]] std::optional<std::size_t> array() noexcept;
  [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }

 private:
  [[nodiscard]] std::optional<std::uint64_t> number(std::size_t number_bytes) noexcept;
  [[nodiscard]] std::optional<std::string_view> take(std::optional<std::uint64_t> size) noexcept;
  [[nodiscard]] unsigned char next() noexcept;

  std::string_view left_;
};

}  // namespace freshet::cache
