#include "history/server_process.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "history/process.hpp"
#include "history/sqlite.hpp"
#include "history/world.hpp"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace freshet::history {
namespace {

constexpr auto start_time = std::chrono::seconds(30);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

bool listens(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

ServerProcess::ServerProcess(std::string program, const std::filesystem::path& app, const std::filesystem::path& folder,
                             const WorldSize& size, bool with_triggers)
    : program_(std::move(program)),
      app_(folder / "app"),
      database_((app_ / "data" / "history.db").string()),
      port_(free_port()) {
  std::filesystem::copy(app, app_, std::filesystem::copy_options::recursive);
  if (run_process({program_, "migrate", app_.string()}) != 0) throw std::runtime_error("freshet migrate failed");
  execute(open_sqlite(database_).get(), "BEGIN; " + first_rows(size) + "COMMIT");
  if (with_triggers && run_process({program_, "cache", "enable", app_.string()}) != 0) {
    throw std::runtime_error("freshet cache enable failed");
  }
  start();
}

ServerProcess::~ServerProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ServerProcess::start() {
  pid_ = start_process({program_, "serve", app_.string(), "--port", std::to_string(port_), "--no-reload"});
  const auto deadline = std::chrono::steady_clock::now() + start_time;
  while (!listens(port_)) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("freshet serve does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void ServerProcess::kill_and_restart() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  start();
}

void ServerProcess::stop() const noexcept { ::kill(pid_, SIGSTOP); }
void ServerProcess::go_on() const noexcept { ::kill(pid_, SIGCONT); }

}  // namespace freshet::history
