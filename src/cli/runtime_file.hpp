#pragma once
// Where a running server is found: the address and token of its admin port, in a file that only its user can read, in a
// folder that only they can enter. `freshet cache stats APP` needs nothing else.

#include <filesystem>
#include <optional>
#include <string>

namespace freshet::cli {

/// The admin port of a server.
struct AdminAddress {
  std::string url;  // "http://127.0.0.1:41213"
  std::string token;
};

/// 256 bits from the system, in hexadecimal digits.
[[nodiscard]] std::string make_token();
/// Where both sides take the token from, if it is set: not from arguments, which everybody on the machine may read.
inline constexpr const char* admin_token_variable = "FRESHET_ADMIN_TOKEN";

/// While it lives, the server of an app is known to `find_server`. The last server of an app wins.
class RuntimeFile {
 public:
  /// Throws config if there is no folder for it that is its user's alone.
  RuntimeFile(const std::filesystem::path& app_folder, const AdminAddress& address);
  /// Removes it, unless another server has written its own since.
  ~RuntimeFile();
  RuntimeFile(const RuntimeFile&) = delete;
  RuntimeFile& operator=(const RuntimeFile&) = delete;

 private:
  std::filesystem::path file_;
  std::string text_;
};

/// What the server of that app left; nullopt: none did. Throws config for a file that others could have written.
[[nodiscard]] std::optional<AdminAddress> find_server(const std::filesystem::path& app_folder);

}  // namespace freshet::cli
