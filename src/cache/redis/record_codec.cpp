#include "cache/redis/record_codec.hpp"

#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "cache/redis/message_pack.hpp"
#include "core/mutant.hpp"

namespace freshet::cache {
namespace {

// 4 bytes that say what it is and of which version, 8 of the checksum of all that follows (little-endian), then
// [packing, size of the payload, payload] in MessagePack.
constexpr std::string_view magic("fL2\x01", 4);
constexpr std::size_t checksum_size = 8;
constexpr std::size_t frame_size = magic.size() + checksum_size;

enum Packing : std::uint8_t { plain = 0, zstd = 1 };
constexpr int zstd_level = 1;  // answers are packed by the process that makes them, once for each

std::array<char, checksum_size> checksum_of(std::string_view bytes) noexcept {
  std::array<char, checksum_size> out;
  XXH64_hash_t hash = XXH3_64bits(bytes.data(), bytes.size());
  for (char& byte : out) {
    byte = static_cast<char>(hash & 0xffU);
    hash >>= 8U;
  }
  return out;
}

bool framed(std::string_view bytes) noexcept { return bytes.size() > frame_size && bytes.starts_with(magic); }

struct FreeCompression {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};
struct FreeDecompression {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};
using Compression = std::unique_ptr<ZSTD_CCtx, FreeCompression>;
using Decompression = std::unique_ptr<ZSTD_DCtx, FreeDecompression>;

}  // namespace

/// As many as were ever needed at once.
struct RecordCodec::Contexts {
  template <class Context, class Make>
  [[nodiscard]] Context take(std::vector<Context>& from, Make make) {
    {
      const std::lock_guard lock(mutex);
      if (!from.empty()) {
        Context context = std::move(from.back());
        from.pop_back();
        return context;
      }
    }
    Context context(make());
    if (context == nullptr) throw std::bad_alloc();
    return context;
  }
  template <class Context>
  void give_back(std::vector<Context>& to, Context context) {
    const std::lock_guard lock(mutex);
    to.push_back(std::move(context));
  }

  /// nullopt: not smaller.
  [[nodiscard]] std::optional<std::string> compress(std::string_view bytes) {
    Compression context = take(compressions, ZSTD_createCCtx);
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), zstd_level);
    give_back(compressions, std::move(context));
    if (ZSTD_isError(size) != 0 || size >= bytes.size()) return std::nullopt;
    out.resize(size);
    return out;
  }
  /// nullopt: not `size` bytes that were packed.
  [[nodiscard]] std::optional<std::string> decompress(std::string_view bytes, std::size_t size) {
    Decompression context = take(decompressions, ZSTD_createDCtx);
    std::string out(size, '\0');
    const std::size_t unpacked = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
    give_back(decompressions, std::move(context));
    if (ZSTD_isError(unpacked) != 0 || unpacked != size) return std::nullopt;
    return out;
  }

  std::mutex mutex;
  std::vector<Compression> compressions;      // guarded by mutex
  std::vector<Decompression> decompressions;  // guarded by mutex
};

RecordCodec::RecordCodec(std::size_t bytes_max) : bytes_max_(bytes_max), contexts_(std::make_unique<Contexts>()) {}
RecordCodec::~RecordCodec() = default;

std::optional<std::string> RecordCodec::encode(const Record& record) {
  const std::string payload = write_record(record);
  if (payload.size() > bytes_max_) return std::nullopt;
  std::optional<std::string> packed;
  if (payload.size() > packed_from) packed = contexts_->compress(payload);
  std::string out(magic);
  out.append(checksum_size, '\0');
  MessagePackWriter writer(out);
  writer.array(3);
  writer.unsigned_integer(packed ? zstd : plain);
  writer.unsigned_integer(payload.size());
  writer.bytes(packed ? *packed : payload);
  const auto checksum = checksum_of(std::string_view(out).substr(frame_size));
  std::copy(checksum.begin(), checksum.end(), out.begin() + magic.size());
  return out;
}

std::optional<Record> RecordCodec::decode(std::string_view bytes) {
  if (!framed(bytes)) return std::nullopt;
  const auto checksum = checksum_of(bytes.substr(frame_size));
  const bool whole = bytes.substr(magic.size(), checksum_size) == std::string_view(checksum.data(), checksum.size());
  if (!whole && !mutant("l2_checksum_ignored")) return std::nullopt;
  MessagePackReader reader(bytes.substr(frame_size));
  if (reader.array() != 3U) return std::nullopt;
  const auto packing = reader.unsigned_integer();
  const auto size = reader.unsigned_integer();
  const auto payload = reader.bytes();
  // The size is believed only as far as memory may be given for it.
  if (!packing || !size || !payload || !reader.at_end() || *size > bytes_max_) return std::nullopt;
  if (*packing == plain) return *size == payload->size() ? read_record(*payload) : std::nullopt;
  if (*packing != zstd) return std::nullopt;
  const std::optional<std::string> unpacked = contexts_->decompress(*payload, *size);
  return unpacked ? read_record(*unpacked) : std::nullopt;
}

std::uint64_t RecordCodec::fingerprint(std::string_view bytes) noexcept {
  if (!framed(bytes)) return 0;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + magic.size(), checksum_size);
  return checksum;
}

std::string write_record(const Record& record) {
  std::string out;
  std::size_t bodies = record.body.size();
  for (const auto& [coding, body] : record.encoded_bodies) bodies += body.size() + 8;
  out.reserve(record.key.size() + record.stamp.size() + record.head_lines.size() + bodies + 96);
  MessagePackWriter writer(out);
  writer.array(8);
  writer.bytes(record.key);
  writer.bytes(record.stamp);
  writer.unsigned_integer(record.status);
  writer.text(record.etag.view());
  writer.bytes(record.head_lines);
  const auto created = std::chrono::duration_cast<std::chrono::microseconds>(record.created.time_since_epoch());
  writer.unsigned_integer(static_cast<std::uint64_t>(std::max<std::int64_t>(created.count(), 0)));
  writer.bytes(record.body);
  writer.array(2 * record.encoded_bodies.size());
  for (const auto& [coding, body] : record.encoded_bodies) {
    writer.unsigned_integer(static_cast<std::uint64_t>(coding));
    writer.bytes(body);
  }
  return out;
}

namespace {

bool read_encoded_bodies(MessagePackReader& reader, Record& record) {
  const std::optional<std::size_t> values = reader.array();
  if (!values || *values % 2 != 0 || *values > 2 * coding_count) return false;
  for (std::size_t i = 0; i < *values / 2; ++i) {
    const auto coding = reader.unsigned_integer();
    const auto body = reader.bytes();
    if (!coding || *coding >= coding_count || !body) return false;
    record.encoded_bodies.emplace_back(static_cast<Coding>(*coding), *body);
  }
  return true;
}

std::optional<EntityTag> read_etag(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  try {
    return EntityTag(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<Record> read_record(std::string_view payload) {
  MessagePackReader reader(payload);
  if (reader.array() != 8U) return std::nullopt;
  const auto key = reader.bytes();
  const auto stamp = reader.bytes();
  const auto status = reader.unsigned_integer();
  const auto etag = read_etag(reader.text());
  const auto head_lines = reader.bytes();
  const auto created = reader.unsigned_integer();
  const auto body = reader.bytes();
  if (!key || !stamp || !status || *status > 599 || !etag || !head_lines || !created || !body) return std::nullopt;
  constexpr std::uint64_t end_of_time = std::uint64_t{1} << 53U;  // in microseconds: the year 2255
  if (*created > end_of_time) return std::nullopt;
  Record record;
  if (!read_encoded_bodies(reader, record) || !reader.at_end()) return std::nullopt;
  record.key = *key;
  record.stamp = *stamp;
  record.status = static_cast<std::uint16_t>(*status);
  record.etag = *etag;
  record.head_lines = *head_lines;
  record.created = std::chrono::system_clock::time_point(std::chrono::microseconds(*created));
  record.body = *body;
  return record;
}

}  // namespace freshet::cache
