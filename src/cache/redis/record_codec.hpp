#pragma once
// Records as bytes: a version, a checksum, MessagePack, and zstd above a kilobyte. Whatever bytes come back, another
// version's, somebody else's, half of them: they are either the record that was written or none.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/redis/record.hpp"

namespace freshet::cache {

/// Thread-safe.
class RecordCodec {
 public:
  /// No record is larger than that, packed or not.
  explicit RecordCodec(std::size_t bytes_max);
  ~RecordCodec();
  RecordCodec(const RecordCodec&) = delete;
  RecordCodec& operator=(const RecordCodec&) = delete;

  /// nullopt: too large.
  [[nodiscard]] std::optional<std::string> encode(const Record& record);
  /// nullopt: not a record of this version, not whole, or too large.
  [[nodiscard]] std::optional<Record> decode(std::string_view bytes);

  /// The checksum that stands in the bytes of a record; 0 where there is none. Two records that differ nearly always
  /// have different ones.
  [[nodiscard]] static std::uint64_t fingerprint(std::string_view bytes) noexcept;

  static constexpr std::size_t packed_from = 1024;

 private:
  struct Contexts;  // zstd's, which are dear to make
  const std::size_t bytes_max_;
  const std::unique_ptr<Contexts> contexts_;
};

/// The inside of a record, after the checksum and unpacking. For RecordCodec, and for who tests what no checksum
/// covers.
[[nodiscard]] std::string write_record(const Record& record);
[[nodiscard]] std::optional<Record> read_record(std::string_view payload);

}  // namespace freshet::cache
