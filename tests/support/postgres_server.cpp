#include "support/postgres_server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace freshet::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view user = "postgres";

const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

/// A port that nobody listens on.
int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(listener);
  return ntohs(address.sin_port);
}

/// Starts a program as the server's user, with its output going to `output`; it ends when this process does.
pid_t launch(const std::vector<std::string>& command, const fs::path& output, int signal_at_our_end) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* as = server_user();
  const pid_t process = ::fork();
  if (process != 0) return process;
  if (as != nullptr &&
      (::initgroups(as->pw_name, as->pw_gid) != 0 || ::setgid(as->pw_gid) != 0 || ::setuid(as->pw_uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, signal_at_our_end);  // after the change of user, which takes it back
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  if (::chdir("/") != 0) ::_exit(126);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string read_all(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

fs::path PostgresServer::programs() {
  for (const int version : {17, 16, 15, 14, 13}) {
    fs::path folder = "/usr/lib/postgresql/" + std::to_string(version) + "/bin";
    if (fs::exists(folder / "postgres")) return folder;
  }
  return {};
}

PostgresServer::PostgresServer() {
  std::string pattern = (fs::temp_directory_path() / "freshet-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  port_ = free_port();
  if (const passwd* as = server_user(); as != nullptr && ::chown(pattern.c_str(), as->pw_uid, as->pw_gid) != 0) {
    throw std::runtime_error("cannot hand a folder to the user postgres");
  }
  const pid_t initdb =
      launch({(programs() / "initdb").string(), "-D", (folder_ / "data").string(), "-U", std::string(user), "-A",
              "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
             folder_ / "log", SIGKILL);
  if (wait_for(initdb) != 0) throw std::runtime_error("initdb failed:\n" + log());
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ > 0) end(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::start(const std::vector<std::string>& settings) {
  std::vector<std::string> command{(programs() / "postgres").string(),
                                   "-D",
                                   (folder_ / "data").string(),
                                   "-p",
                                   std::to_string(port_),
                                   "-k",
                                   folder_.string()};
  std::vector<std::string> all{"listen_addresses=127.0.0.1", "fsync=off",          "full_page_writes=off",
                               "shared_buffers=32MB",        "max_connections=60", "autovacuum=off",
                               "wal_level=logical",          "max_wal_senders=4",  "log_line_prefix=%m %p %a "};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const std::string& setting : all) command.insert(command.end(), {"-c", setting});
  process_ = launch(command, folder_ / "log", SIGQUIT);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(url_of("postgres").c_str()) != PQPING_OK) {
    if (::waitpid(process_, nullptr, WNOHANG) == process_ || std::chrono::steady_clock::now() > deadline) {
      process_ = -1;
      throw std::runtime_error("PostgreSQL did not start:\n" + log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresServer::end(int signal) {
  ::kill(process_, signal);
  wait_for(process_);
  process_ = -1;
}

void PostgresServer::stop() { end(SIGINT); }
void PostgresServer::kill() { end(SIGQUIT); }

std::string PostgresServer::log() const { return read_all(folder_ / "log"); }

std::string PostgresServer::url_of(std::string_view database) const {
  return "postgresql://postgres@/" + std::string(database) + "?host=" + folder_.string() +
         "&port=" + std::to_string(port_);
}

std::string PostgresServer::over_tcp(std::string_view url) const {
  const std::size_t start = url.find("@/") + 2;
  const std::string database(url.substr(start, url.find('?') - start));
  return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string PostgresServer::with(std::string_view url, std::string_view parameters) {
  return std::string(url) + (url.find('?') == std::string_view::npos ? "?" : "&") + std::string(parameters);
}

std::string PostgresServer::create_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  psql(url_of("postgres"), "CREATE DATABASE " + name);
  return url_of(name);
}

std::string PostgresServer::psql(std::string_view url, std::string_view sql) const {
  const fs::path script = fs::temp_directory_path() / (folder_.filename().string() + ".sql");
  std::ofstream(script) << sql;
  const std::string command = (programs() / "psql").string() + " -X -q -A -t -v ON_ERROR_STOP=1 -f " + script.string() +
                              " '" + std::string(url) + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("psql cannot be run");
  std::string output;
  std::array<char, 4096> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) output.append(block.data(), count);
  const int status = ::pclose(pipe);
  fs::remove(script);
  if (status != 0) throw std::runtime_error("psql: " + output);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

PostgresServer& postgres_server() {
  static PostgresServer server;
  return server;
}

bool postgres_is_required() {
  std::fputs("\n!! The package postgresql-15 is missing: nothing of PostgreSQL is tested. ./dev setup installs it.\n\n",
             stderr);
  return std::getenv("CI") != nullptr;
}

}  // namespace freshet::test
