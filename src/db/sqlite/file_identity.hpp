#pragma once
// Which file a path names: another one may be moved into its place while the one before is open.

#include <cstdint>
#include <string>

namespace freshet::db::sqlite {

/// Of a file that somebody is about to open: taken before it is opened, so that a file which is replaced in between is
/// taken for replaced. While it is open, no other file has the same identity.
class FileIdentity {
 public:
  FileIdentity() = default;  // of no file
  [[nodiscard]] static FileIdentity of(const std::string& path) noexcept;

  [[nodiscard]] bool exists() const noexcept { return inode_ != 0; }
  /// False if another file stands there now, or none. One system call.
  [[nodiscard]] bool is_at(const std::string& path) const noexcept { return exists() && of(path) == *this; }

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;

 private:
  std::uint64_t device_ = 0, inode_ = 0;
};

}  // namespace freshet::db::sqlite
