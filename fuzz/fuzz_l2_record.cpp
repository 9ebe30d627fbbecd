// Records of the second level, as Redis, or whoever else writes there, may give them back. Checked: what is read is
// written and read the same again, within the limit; views never leave the bytes; a frame around the same bytes with a
// right checksum is read as they are, packed or not; with a wrong one it is no record.

#include <xxhash.h>

#include <string>

#include "cache/redis/message_pack.hpp"
#include "cache/redis/record_codec.hpp"

#include "fuzz/property.hpp"

namespace freshet::fuzz {
namespace {

constexpr std::size_t bytes_max = 256 * 1024;

/// As RecordCodec frames it, but for what is within.
std::string framed(std::uint64_t packing, std::uint64_t size, std::string_view payload) {
  std::string inside;
  cache::MessagePackWriter writer(inside);
  writer.array(3);
  writer.unsigned_integer(packing);
  writer.unsigned_integer(size);
  writer.bytes(payload);
  std::string out("fL2\x01", 4);
  std::uint64_t checksum = XXH3_64bits(inside.data(), inside.size());
  for (int i = 0; i < 8; ++i, checksum >>= 8U) out += static_cast<char>(checksum & 0xffU);
  return out + inside;
}

void check_record(cache::RecordCodec& codec, const cache::Record& record) {
  const auto bytes = codec.encode(record);
  if (!bytes) return;
  must(codec.decode(*bytes) == record, "a record comes back as it was");
  must(cache::read_record(cache::write_record(record)) == record, "and so does its inside");
  std::string changed = *bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  must(!codec.decode(changed), "a record with a changed byte is none");
}

}  // namespace
}  // namespace freshet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet;
  const std::string_view bytes = fuzz::text_of(data, size);
  cache::RecordCodec codec(fuzz::bytes_max);
  if (const auto whole = codec.decode(bytes)) fuzz::check_record(codec, *whole);
  const auto inside = cache::read_record(bytes);
  if (inside) fuzz::check_record(codec, *inside);
  fuzz::must(codec.decode(fuzz::framed(0, size, bytes)) == inside, "a right checksum changes nothing");
  fuzz::must(!codec.decode(fuzz::framed(0, size + 1, bytes)), "a wrong size is no record");
  // As zstd's output, of whatever size it says.
  for (const std::uint64_t unpacked : {std::uint64_t{size}, std::uint64_t{fuzz::bytes_max}, ~std::uint64_t{0}}) {
    if (const auto packed = codec.decode(fuzz::framed(1, unpacked, bytes))) fuzz::check_record(codec, *packed);
  }
  return 0;
}
