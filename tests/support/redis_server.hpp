#pragma once
// A real redis-server of the test's own, on a Unix socket and a free port, in a folder that vanishes with it.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace freshet::test {

class RedisServer {
 public:
  /// Whether there is a redis-server to be started. Where tests must not be skipped (CI is set), its absence throws.
  [[nodiscard]] static bool installed();

  /// Taken by nobody now; whoever takes it first has it.
  [[nodiscard]] static std::uint16_t free_port();

  /// Returns once it answers. `settings` as in redis.conf: {"maxmemory 2mb", "requirepass secret"}.
  explicit RedisServer(std::vector<std::string> settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  [[nodiscard]] std::string socket_path() const { return (folder_ / "redis.sock").string(); }
  /// unix:///tmp/…/redis.sock
  [[nodiscard]] std::string url() const { return "unix://" + socket_path(); }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  /// kill -9.
  void kill();
  /// After kill(): another process in the same place, with nothing in it. Returns once it answers.
  void start();
  void stop_the_world();  // SIGSTOP
  void go_on();           // SIGCONT

  /// Runs one command on a connection of its own, as somebody else would; the reply as it came over the wire.
  std::string command(std::string_view inline_command) const;

 private:
  void await_pong() const;

  std::filesystem::path folder_;
  std::vector<std::string> settings_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

}  // namespace freshet::test
