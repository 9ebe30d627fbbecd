#include "core/file.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

namespace freshet {
namespace {

std::string reason() { return std::system_category().message(errno); }

}  // namespace

Expected<std::string> read_file(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    return Error(ErrorKind::config, fmt::format("{} is a folder, not a file", path.string()));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(ErrorKind::config, fmt::format("cannot read {}: {}", path.string(), reason()));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path part = path;
  part += ".part";
  std::ofstream out(part, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw Error(ErrorKind::config, fmt::format("cannot write {}: {}", path.string(), reason()));
  std::filesystem::rename(part, path);
}

}  // namespace freshet
