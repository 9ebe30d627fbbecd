#pragma once
// A file read from front to back, unpacked on the way: plain, .gz, .xz, .bz2, .zst, or a .zip with one file in it.
// What it is shows in its first bytes, not in its name. Checksums are verified. Constant memory. Not thread-safe.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace freshet {

class CompressedFile {
 public:
  /// Opens `path`, which may be a pipe. Throws Error (usage) for a file that cannot be opened or a .zip with another
  /// number of files than one, (unprocessable) for one that is damaged at its very beginning.
  explicit CompressedFile(const std::filesystem::path& path);
  CompressedFile(CompressedFile&&) noexcept;
  CompressedFile& operator=(CompressedFile&&) noexcept;
  ~CompressedFile();

  /// Fills as much of `into` as there is; 0 at the end. Throws Error (unprocessable) where the data is truncated or
  /// damaged: what was read before that is what the file held.
  [[nodiscard]] std::size_t read(std::span<char> into);

  /// Bytes of the file as it lies on the disk: read so far, and in all (0 for a pipe).
  [[nodiscard]] std::uint64_t bytes_consumed() const noexcept;
  [[nodiscard]] std::uint64_t bytes_total() const noexcept;

 private:
  struct Reader;
  struct GzipReader;
  struct ArchiveReader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace freshet
