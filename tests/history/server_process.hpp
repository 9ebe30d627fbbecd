#pragma once
// The freshet binary serving the history app, in a process that is killed and started again.

#include <cstdint>
#include <filesystem>
#include <string>

#include "history/questions.hpp"
#include <sys/types.h>

namespace freshet::history {

class ServerProcess {
 public:
  /// Copies the app into `folder`, makes its database, with the first rows in it, and serves it. Throws
  /// std::runtime_error if that fails.
  ServerProcess(std::string program, const std::filesystem::path& app, const std::filesystem::path& folder,
                const WorldSize& size, bool with_triggers);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::string& database() const noexcept { return database_; }
  void kill_and_restart();
  void stop() const noexcept;  // SIGSTOP
  void go_on() const noexcept;

 private:
  void start();

  const std::string program_;
  std::filesystem::path app_;
  std::string database_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace freshet::history
