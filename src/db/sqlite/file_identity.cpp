#include "db/sqlite/file_identity.hpp"

#include <sys/stat.h>

namespace freshet::db::sqlite {

FileIdentity FileIdentity::of(const std::string& path) noexcept {
  FileIdentity identity;
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return identity;
  identity.device_ = file.st_dev;
  identity.inode_ = file.st_ino;
  return identity;
}

}  // namespace freshet::db::sqlite
