#include "history/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/wait.h>

extern char** environ;

namespace freshet::history {
namespace {

std::vector<char*> arguments_of(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  // posix_spawn does not write to them, whatever its type says.
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

pid_t spawn(const std::vector<std::string>& command, posix_spawn_file_actions_t* actions) {
  pid_t pid = -1;
  const std::vector<char*> arguments = arguments_of(command);
  const int code = posix_spawnp(&pid, arguments[0], actions, nullptr, arguments.data(), environ);
  if (code != 0) throw std::runtime_error("cannot start " + command.front());
  return pid;
}

}  // namespace

Process::Process(const std::vector<std::string>& command) {
  // Not a pipe: writing to one that nobody reads ends the writer.
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("no socket");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_ = spawn(command, &actions);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  socket_ = ends[0];
}

Process::~Process() {
  ::close(socket_);
  signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Process::ask(std::string_view line, std::string& answer) {
  for (std::string text(line); !text.empty();) {
    const ssize_t written = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.erase(0, static_cast<std::size_t>(written));
  }
  while (true) {
    const std::size_t end = read_ahead_.find('\n');
    if (end != std::string::npos) {
      answer = read_ahead_.substr(0, end);
      read_ahead_.erase(0, end + 1);
      return true;
    }
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(socket_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    read_ahead_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void Process::signal(int number) const noexcept { ::kill(pid_, number); }

pid_t start_process(const std::vector<std::string>& command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const pid_t pid = spawn(command, &actions);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int run_process(const std::vector<std::string>& command) {
  const pid_t pid = start_process(command);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace freshet::history
