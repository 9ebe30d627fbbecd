#pragma once
// A real PostgreSQL server for tests: one a test binary, started at first use in a temporary folder, gone with the
// binary. Each test makes a database of its own.
//
//   FRESHET_NEEDS_POSTGRES();                        // skips where the package is missing; on CI that fails
//   PostgresServer& server = postgres_server();
//   const std::string url = server.create_database();

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace freshet::test {

class PostgresServer {
 public:
  /// Makes a cluster and starts it. Root hands it to the user `postgres`, as the server does not run as root. Throws
  /// std::runtime_error with the server's log if it does not start.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The folder of the installed server's programs; empty: there is none.
  [[nodiscard]] static std::filesystem::path programs();

  /// A new, empty database; its URL over the Unix socket.
  [[nodiscard]] std::string create_database();
  /// URLs of the database that `url` names: over TCP, and with something added as its parameters ("sslmode=disable").
  [[nodiscard]] std::string over_tcp(std::string_view url) const;
  [[nodiscard]] static std::string with(std::string_view url, std::string_view parameters);

  /// Runs SQL by psql, another program; its output, unaligned, rows only. Throws std::runtime_error if it fails.
  std::string psql(std::string_view url, std::string_view sql) const;

  /// Ends it as an administrator does (sessions are ended), or as a power cut does.
  void stop();
  void kill();
  /// Starts it again at the same address, with more settings ("name=value"), and waits until it takes connections.
  void start(const std::vector<std::string>& settings = {});
  void restart() {
    stop();
    start();
  }

  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// What the server has logged so far.
  [[nodiscard]] std::string log() const;

 private:
  [[nodiscard]] std::string url_of(std::string_view database) const;
  void end(int signal);

  std::filesystem::path folder_;
  int port_ = 0;
  pid_t process_ = -1;
  int databases_ = 0;
};

/// The one of this test binary.
[[nodiscard]] PostgresServer& postgres_server();

/// Says loudly that there is no server to test with; true where that is a failure (CI).
[[nodiscard]] bool postgres_is_required();

}  // namespace freshet::test

#define FRESHET_NEEDS_POSTGRES()                                                                   \
  do {                                                                                             \
    if (freshet::test::PostgresServer::programs().empty()) {                                       \
      if (freshet::test::postgres_is_required()) FAIL() << "the package postgresql-15 is missing"; \
      GTEST_SKIP() << "the package postgresql-15 is missing";                                      \
    }                                                                                              \
  } while (false)
