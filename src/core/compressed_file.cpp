#include "core/compressed_file.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "core/error.hpp"

#include <sys/stat.h>

namespace freshet {

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 18;

/// Size of a regular file, 0 for anything else that can be read; throws for what cannot.
std::uint64_t size_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) {
    throw Error(ErrorKind::usage,
                fmt::format("cannot read {}: {}", path.string(), std::generic_category().message(errno)));
  }
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::usage, fmt::format("cannot read {}: it is a folder", path.string()));
  }
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

/// What unpacks one kind of file.
struct CompressedFile::Reader {
  virtual ~Reader() = default;
  virtual std::size_t read(std::span<char> into) = 0;
  [[nodiscard]] virtual std::uint64_t consumed() const noexcept = 0;

  std::uint64_t total = 0;
};

namespace {

[[noreturn]] void fail_as_damaged(const std::filesystem::path& path, const char* reason) {
  throw Error(ErrorKind::unprocessable, fmt::format("{} is damaged or incomplete", path.string()))
      .hinting("fetch or make the file again")
      .detailing(reason == nullptr ? std::string() : std::string(reason));
}

}  // namespace

/// gzip by zlib: libarchive does not verify gzip's checksum.
struct CompressedFile::GzipReader final : Reader {
  explicit GzipReader(std::filesystem::path file) : path(std::move(file)), handle(gzopen(path.c_str(), "rb")) {
    if (!handle) fail_as_damaged(path, "gzopen");
    gzbuffer(handle.get(), block_bytes);
  }

  std::size_t read(std::span<char> into) override {
    const auto wanted = static_cast<unsigned>(std::min<std::size_t>(into.size(), block_bytes));
    const int got = gzread(handle.get(), into.data(), wanted);
    int code = Z_OK;
    const char* const reason = gzerror(handle.get(), &code);
    if (got < 0 || (got == 0 && code != Z_OK)) fail_as_damaged(path, reason);
    return static_cast<std::size_t>(got);
  }

  [[nodiscard]] std::uint64_t consumed() const noexcept override {
    return static_cast<std::uint64_t>(std::max<z_off_t>(gzoffset(handle.get()), 0));
  }

  struct Closer {
    void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
  };
  std::filesystem::path path;
  std::unique_ptr<gzFile_s, Closer> handle;
};

/// Everything else by libarchive.
struct CompressedFile::ArchiveReader final : Reader {
  ArchiveReader(std::filesystem::path file, bool seekable) : path(std::move(file)) {
    if (seekable) require_single_entry();
    open();
    at_end = !next_entry();
  }

  std::size_t read(std::span<char> into) override;
  [[nodiscard]] std::uint64_t consumed() const noexcept override {
    return static_cast<std::uint64_t>(archive_filter_bytes(handle.get(), -1));
  }

 private:
  void open();
  bool next_entry();
  void require_single_entry();
  [[nodiscard]] bool is_zip() const noexcept { return archive_format(handle.get()) == ARCHIVE_FORMAT_ZIP; }
  [[nodiscard]] Error more_than_one(std::string_view example) const;
  [[noreturn]] void fail() const { fail_as_damaged(path, archive_error_string(handle.get())); }

  struct Deleter {
    void operator()(archive* a) const noexcept { archive_read_free(a); }
  };
  std::filesystem::path path;
  std::unique_ptr<archive, Deleter> handle;
  bool at_end = false;
};

void CompressedFile::ArchiveReader::open() {
  handle.reset(archive_read_new());
  archive* const a = handle.get();
  if (a == nullptr) throw std::bad_alloc();
  archive_read_support_filter_gzip(a);
  archive_read_support_filter_xz(a);
  archive_read_support_filter_bzip2(a);
  archive_read_support_filter_zstd(a);
  archive_read_support_format_zip(a);
  archive_read_support_format_empty(a);
  archive_read_support_format_raw(a);
  if (archive_read_open_filename(a, path.c_str(), block_bytes) != ARCHIVE_OK) fail();
}

/// Goes to the next entry that is a file; false at the end of the archive.
bool CompressedFile::ArchiveReader::next_entry() {
  archive_entry* entry = nullptr;
  do {
    const int result = archive_read_next_header(handle.get(), &entry);
    if (result == ARCHIVE_EOF) return false;
    if (result < ARCHIVE_WARN) fail();
  } while (is_zip() && archive_entry_filetype(entry) == AE_IFDIR);
  if (archive_entry_is_data_encrypted(entry) != 0) {
    throw Error(ErrorKind::unprocessable, fmt::format("{} is encrypted", path.string())).hinting("unpack it first");
  }
  return true;
}

/// The table at the end of a .zip says what is in it before anything is unpacked.
void CompressedFile::ArchiveReader::require_single_entry() {
  open();
  if (!next_entry() || !is_zip()) return;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(handle.get(), &entry) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFDIR) throw more_than_one(archive_entry_pathname(entry));
  }
}

Error CompressedFile::ArchiveReader::more_than_one(std::string_view example) const {
  return Error(ErrorKind::usage, fmt::format("{} holds more than one file", path.string()))
      .hinting(fmt::format("unpack the one that you mean: unzip {} {}", path.string(), example));
}

std::size_t CompressedFile::ArchiveReader::read(std::span<char> into) {
  std::size_t filled = 0;
  while (!at_end && filled < into.size()) {
    const la_ssize_t got = archive_read_data(handle.get(), into.data() + filled, into.size() - filled);
    if (got < 0) {
      if (filled == 0) fail();
      break;  // what came before is delivered; the error stays and is met by the next call
    }
    if (got == 0) {
      at_end = true;
      if (is_zip() && next_entry()) throw more_than_one("NAME");  // one that could not be sought in
    }
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

namespace {

bool begins_like_gzip(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[2] = {};
  return file.read(magic, sizeof magic) && magic[0] == '\x1f' && magic[1] == '\x8b';
}

}  // namespace

CompressedFile::CompressedFile(const std::filesystem::path& path) {
  const std::uint64_t total = size_of(path);
  if (total != 0 && begins_like_gzip(path)) {
    reader_ = std::make_unique<GzipReader>(path);
  } else {
    reader_ = std::make_unique<ArchiveReader>(path, total != 0);
  }
  reader_->total = total;
}
CompressedFile::CompressedFile(CompressedFile&&) noexcept = default;
CompressedFile& CompressedFile::operator=(CompressedFile&&) noexcept = default;
CompressedFile::~CompressedFile() = default;

std::size_t CompressedFile::read(std::span<char> into) { return reader_->read(into); }
std::uint64_t CompressedFile::bytes_consumed() const noexcept { return reader_->consumed(); }
std::uint64_t CompressedFile::bytes_total() const noexcept { return reader_->total; }

}  // namespace freshet
