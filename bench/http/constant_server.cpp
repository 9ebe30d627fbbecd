// Freshet's listener with a route that answers 2 KB at once: what the HTTP path costs by itself.
// Usage: bench_constant_server PORT [json]   (json: with the access log on standard output)
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "http/access_log.hpp"
#include "http/server.hpp"

#include "constant.hpp"

namespace {

using namespace freshet;

int run(int argc, char** argv) {
  http::ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  options.threads = 2;
  std::optional<http::AccessLog> log;
  if (argc == 3) log.emplace(http::AccessLogOptions{.format = LogFormat::json});
  http::Server server(options, std::make_shared<bench::Constant>(), log ? &*log : nullptr);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  server.start();
  int signal = 0;
  sigwait(&signals, &signal);
  server.drain();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fputs("usage: bench_constant_server PORT [json]\n", stderr);
    return 2;
  }
  try {
    return run(argc, argv);
  } catch (const freshet::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
