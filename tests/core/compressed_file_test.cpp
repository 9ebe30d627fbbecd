#include "core/compressed_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace freshet {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

enum class Packing { plain, gzip, xz, bzip2, zstd, zip };

std::string name_of(Packing packing) {
  switch (packing) {
    case Packing::plain:
      return "plain";
    case Packing::gzip:
      return "gz";
    case Packing::xz:
      return "xz";
    case Packing::bzip2:
      return "bz2";
    case Packing::zstd:
      return "zst";
    case Packing::zip:
      return "zip";
  }
  return "";
}

struct Member {
  std::string name, content;
};

class CompressedFileTest : public ::testing::TestWithParam<Packing> {
 protected:
  CompressedFileTest() : folder_(fs::temp_directory_path() / ("freshet_compressed_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~CompressedFileTest() override { fs::remove_all(folder_); }

  fs::path pack(Packing packing, const std::vector<Member>& members) {
    const fs::path path = folder_ / ("file." + name_of(packing));
    archive* const a = archive_write_new();
    if (packing == Packing::gzip) archive_write_add_filter_gzip(a);
    if (packing == Packing::xz) archive_write_add_filter_xz(a);
    if (packing == Packing::bzip2) archive_write_add_filter_bzip2(a);
    if (packing == Packing::zstd) archive_write_add_filter_zstd(a);
    packing == Packing::zip ? archive_write_set_format_zip(a) : archive_write_set_format_raw(a);
    EXPECT_EQ(archive_write_open_filename(a, path.c_str()), ARCHIVE_OK);
    for (const Member& member : members) {
      archive_entry* const entry = archive_entry_new();
      archive_entry_set_pathname(entry, member.name.c_str());
      archive_entry_set_filetype(entry, member.name.ends_with("/") ? AE_IFDIR : AE_IFREG);
      archive_entry_set_perm(entry, 0644);
      archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
      EXPECT_EQ(archive_write_header(a, entry), ARCHIVE_OK);
      archive_write_data(a, member.content.data(), member.content.size());
      archive_entry_free(entry);
    }
    archive_write_free(a);
    return path;
  }

  fs::path write(const std::string& name, std::string_view bytes) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  fs::path folder_;
};

std::string read_all(CompressedFile& file, std::size_t step = 10'000) {
  std::string all;
  std::vector<char> buffer(step);
  while (const std::size_t n = file.read(buffer)) all.append(buffer.data(), n);
  return all;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Some 700 KB that do not compress away: several blocks of every format.
std::string sample() {
  std::string text;
  std::uint64_t x = 88172645463325252ULL;
  for (int i = 0; i < 40'000; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    text += std::to_string(x % 1'000'000'007) + "," + std::to_string(i) + "\n";
  }
  return text;
}

TEST_P(CompressedFileTest, gives_back_what_was_packed) {
  const std::string content = sample();
  CompressedFile file(pack(GetParam(), {{"data.csv", content}}));
  EXPECT_EQ(read_all(file), content);
  char more = 0;
  EXPECT_EQ(file.read({&more, 1}), 0U);
}

TEST_P(CompressedFileTest, tells_how_much_of_the_packed_file_is_read) {
  const fs::path path = pack(GetParam(), {{"data.csv", sample()}});
  CompressedFile file(path);
  EXPECT_EQ(file.bytes_total(), fs::file_size(path));
  std::vector<char> buffer(1000);
  ASSERT_GT(file.read(buffer), 0U);
  const std::uint64_t early = file.bytes_consumed();
  EXPECT_LE(early, file.bytes_total());
  (void)read_all(file);
  EXPECT_GE(file.bytes_consumed(), early);
  EXPECT_LE(file.bytes_consumed(), file.bytes_total());
  EXPECT_GE(static_cast<double>(file.bytes_consumed()), 0.9 * static_cast<double>(file.bytes_total()));
}

TEST_P(CompressedFileTest, truncation_is_an_error_wherever_it_falls) {
  if (GetParam() == Packing::plain) GTEST_SKIP() << "a plain file ends where it ends";
  const std::string whole = bytes_of(pack(GetParam(), {{"data.csv", sample()}}));
  // A .zip whose table is cut off still holds the whole file: its last cut is within the data.
  const std::size_t last = GetParam() == Packing::zip ? whole.size() - 150 : whole.size() - 1;
  for (const std::size_t size : {whole.size() / 4, whole.size() / 2, whole.size() * 9 / 10, last}) {
    const fs::path path = write("cut", std::string_view(whole).substr(0, size));
    try {
      CompressedFile file(path);
      (void)read_all(file);
      FAIL() << name_of(GetParam()) << " cut to " << size << " of " << whole.size()
             << " bytes was read without complaint";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unprocessable) << error.message();
      EXPECT_THAT(error.message(), HasSubstr("damaged or incomplete"));
    }
  }
}

TEST_P(CompressedFileTest, damage_is_an_error) {
  if (GetParam() == Packing::plain) GTEST_SKIP() << "a plain file has no checksum";
  std::string bytes = bytes_of(pack(GetParam(), {{"data.csv", sample()}}));
  for (std::size_t i = 0; i < 8; ++i) bytes[bytes.size() / 2 + i] = static_cast<char>(~bytes[bytes.size() / 2 + i]);
  const fs::path path = write("damaged", bytes);
  EXPECT_THROW(
      {
        CompressedFile file(path);
        (void)read_all(file);
      },
      Error);
}

TEST_P(CompressedFileTest, empty_content_is_an_empty_file) {
  CompressedFile file(pack(GetParam(), {{"data.csv", ""}}));
  EXPECT_EQ(read_all(file), "");
}

INSTANTIATE_TEST_SUITE_P(Packings, CompressedFileTest,
                         ::testing::Values(Packing::plain, Packing::gzip, Packing::xz, Packing::bzip2, Packing::zstd,
                                           Packing::zip),
                         [](const auto& packing) { return name_of(packing.param); });

using CompressedFiles = CompressedFileTest;

TEST_F(CompressedFiles, concatenated_gzip_members_are_one_file) {
  const std::string one = bytes_of(pack(Packing::gzip, {{"a", "first\n"}}));
  const std::string two = bytes_of(pack(Packing::gzip, {{"b", "second\n"}}));
  CompressedFile file(write("both.gz", one + two));
  EXPECT_EQ(read_all(file), "first\nsecond\n");
}

TEST_F(CompressedFiles, zip_with_folders_and_one_file_is_read) {
  CompressedFile file(pack(Packing::zip, {{"folder/", ""}, {"folder/data.csv", "a,b\n"}}));
  EXPECT_EQ(read_all(file), "a,b\n");
}

TEST_F(CompressedFiles, zip_with_two_files_is_refused_with_a_way_out) {
  const fs::path path = pack(Packing::zip, {{"a.csv", "a\n"}, {"b.csv", "b\n"}});
  try {
    const CompressedFile file(path);
    FAIL() << "was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.message(), HasSubstr("more than one file"));
    EXPECT_THAT(error.hint(), HasSubstr("unzip"));
  }
}

TEST_F(CompressedFiles, missing_files_and_folders_say_so) {
  try {
    const CompressedFile file(folder_ / "nowhere.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.message(), HasSubstr("nowhere.csv: No such file"));
  }
  EXPECT_THROW(CompressedFile{folder_}, Error);
}

TEST_F(CompressedFiles, a_text_that_begins_like_an_archive_is_still_text) {
  CompressedFile file(write("pk.csv", "PK,name\n1,BZh\n"));
  EXPECT_EQ(read_all(file), "PK,name\n1,BZh\n");
}

}  // namespace
}  // namespace freshet
