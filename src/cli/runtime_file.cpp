#include "cli/runtime_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include <sys/random.h>
#include <sys/stat.h>

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;

std::string reason() { return std::generic_category().message(errno); }

/// $XDG_RUNTIME_DIR, where the system has made one for the user; else a folder of our own below /tmp.
fs::path runtime_folder() {
  const char* const given = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (given != nullptr && *given == '/') return fs::path(given) / "freshet";
  std::error_code none;
  const fs::path temporary = fs::temp_directory_path(none);
  if (none) {
    throw Error(ErrorKind::config, "there is no folder for temporary files: " + none.message())
        .hinting("set XDG_RUNTIME_DIR to a folder of your own");
  }
  return temporary / fmt::format("freshet-{}", ::geteuid());
}

/// Nobody but the user may have anything to do with it. /tmp is everybody's: somebody may have been there first.
void require_own(const fs::path& path, mode_t kind) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    throw Error(ErrorKind::config, fmt::format("{}: {}", path.string(), reason()));
  }
  if ((found.st_mode & S_IFMT) == kind && found.st_uid == ::geteuid() && (found.st_mode & 077U) == 0) return;
  throw Error(ErrorKind::config, fmt::format("{} is not this user's alone", path.string()))
      .hinting("remove it, or set XDG_RUNTIME_DIR to a folder of your own");
}

std::string whole_path(const fs::path& app_folder) {
  std::error_code ignored;
  return fs::weakly_canonical(fs::absolute(app_folder), ignored).string();
}

/// Two apps whose long paths end alike share a file; what is in it says whose it is.
fs::path file_of(const fs::path& app_folder) {
  constexpr std::size_t name_max = 200;
  const std::string name = percent_encode(whole_path(app_folder));
  return runtime_folder() / name.substr(name.size() > name_max ? name.size() - name_max : 0);
}

/// A new file that only the user can read, put in place whole.
void write_secret(const fs::path& file, const std::string& text) {
  const fs::path fresh = fmt::format("{}.{}", file.string(), ::getpid());
  ::unlink(fresh.c_str());
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  const bool written =
      descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const std::string why = reason();
  if (descriptor >= 0) ::close(descriptor);
  if (written && ::rename(fresh.c_str(), file.c_str()) == 0) return;
  ::unlink(fresh.c_str());
  throw Error(ErrorKind::config, fmt::format("{}: {}", file.string(), why));
}

}  // namespace

std::string make_token() {
  constexpr std::size_t length_min = 16;
  if (const char* const set = std::getenv(admin_token_variable); set != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    if (std::string_view(set).size() >= length_min) return set;
    throw Error(ErrorKind::config, fmt::format("{} must have at least {} characters", admin_token_variable, length_min))
        .hinting("openssl rand -hex 32 makes one");
  }
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(ErrorKind::internal, "the system has no randomness");
  }
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

RuntimeFile::RuntimeFile(const fs::path& app_folder, const AdminAddress& address)
    : file_(file_of(app_folder)),
      text_(fmt::format("{}\n{}\n{}\n", address.url, address.token, whole_path(app_folder))) {
  const fs::path folder = file_.parent_path();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Error(ErrorKind::config, fmt::format("{}: {}", folder.string(), reason()));
  }
  require_own(folder, S_IFDIR);
  write_secret(file_, text_);
}

RuntimeFile::~RuntimeFile() {
  const Expected<std::string> text = read_file(file_);
  if (text.has_value() && *text == text_) ::unlink(file_.c_str());
}

std::optional<AdminAddress> find_server(const fs::path& app_folder) {
  const fs::path file = file_of(app_folder);
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0) return std::nullopt;
  require_own(file.parent_path(), S_IFDIR);
  require_own(file, S_IFREG);
  std::istringstream lines(read_file(file).value());
  AdminAddress address;
  std::string folder;
  std::getline(lines, address.url);
  std::getline(lines, address.token);
  std::getline(lines, folder);
  return folder == whole_path(app_folder) ? std::optional(std::move(address)) : std::nullopt;
}

}  // namespace freshet::cli
