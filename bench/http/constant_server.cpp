// Freshet's listener with a route that answers 2 KB at once: what the HTTP path costs by itself.
// Usage: bench_constant_server PORT [json]   (json: with the access log on standard output)
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/access_log.hpp"
#include "http/server.hpp"

namespace {

using namespace freshet;

class Constant final : public http::Handler {
 public:
  bool try_serve(http::Exchange& exchange) noexcept override {
    exchange.set_route("/constant");
    http::Response response;
    response.content_type = "text/plain";
    response.body = std::string_view(body_);
    exchange.respond(std::move(response));
    return true;
  }
  boost::asio::awaitable<void> serve(http::Exchange&) override { co_return; }

 private:
  const std::string body_ = std::string(2048, 'x');
};

int run(int argc, char** argv) {
  http::ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  options.threads = 2;
  std::optional<http::AccessLog> log;
  if (argc == 3) log.emplace(http::AccessLogOptions{.format = http::AccessLogOptions::Format::json});
  http::Server server(options, std::make_shared<Constant>(), log ? &*log : nullptr);
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
