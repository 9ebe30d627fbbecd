#include "support/redis_server.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace freshet::test {
namespace {

std::filesystem::path temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-redis-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

std::uint16_t RedisServer::free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

bool RedisServer::installed() {
  const bool found = std::filesystem::exists("/usr/bin/redis-server");
  if (!found && ::getenv("CI") != nullptr) throw std::runtime_error("redis-server is not installed: ./dev setup");
  return found;
}

RedisServer::RedisServer(std::vector<std::string> settings)
    : folder_(temporary_folder()), settings_(std::move(settings)), port_(free_port()) {
  start();
}

RedisServer::~RedisServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::start() {
  std::filesystem::remove(socket_path());
  const std::string file = (folder_ / "redis.conf").string();
  std::ofstream config(file);
  config << "port " << port_ << "\nbind 127.0.0.1\nunixsocket " << socket_path() << "\ndir " << folder_.string()
         << "\nsave \"\"\nappendonly no\nlogfile redis.log\n";
  for (const std::string& setting : settings_) config << setting << '\n';
  config.close();
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error("cannot fork");
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // not to be left behind by a test that crashes
    ::execl("/usr/bin/redis-server", "redis-server", file.c_str(), nullptr);
    ::_exit(127);
  }
  await_pong();
}

void RedisServer::await_pong() const {
  for (int tries = 0; tries < 1000; ++tries) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0) throw std::runtime_error("redis-server has ended at once");
    const std::string reply = command("PING");
    if (reply.starts_with("+PONG") || reply.starts_with("-NOAUTH")) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("redis-server does not answer");
}

void RedisServer::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void RedisServer::stop_the_world() { ::kill(process_, SIGSTOP); }
void RedisServer::go_on() { ::kill(process_, SIGCONT); }

std::string RedisServer::command(std::string_view inline_command) const {
  const int fd = connect_to(socket_path());
  if (fd < 0) return {};
  const std::string line = std::string(inline_command) + "\r\nQUIT\r\n";
  std::string reply;
  if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::read(fd, buffer.data(), buffer.size())) > 0;) {
      reply.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  ::close(fd);
  constexpr std::string_view farewell = "+OK\r\n";
  if (reply.ends_with(farewell)) reply.resize(reply.size() - farewell.size());
  return reply;
}

}  // namespace freshet::test
