// The ceiling: answers 2 KB to whatever ends in an empty line, with nothing between epoll and the answer. Two threads,
// each with its own listening socket on the same port and its own epoll. Usage: bench_bare_epoll PORT
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace {

constexpr std::size_t body_bytes = 2048;
constexpr int threads = 2;

std::string make_answer() {
  const std::string body(body_bytes, 'x');
  return "HTTP/1.1 200 OK\r\nServer: bare\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

int listen_on(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(descriptor, 4096) != 0) {
    std::perror("bare_epoll");
    std::exit(1);
  }
  return descriptor;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

// True while the connection lives. A request is taken to come in one piece, as small ones do.
bool answer_one(int descriptor, const std::string& answer) {
  std::array<char, 4096> request{};
  const ssize_t size = recv(descriptor, request.data(), request.size(), 0);
  if (size <= 0) return false;
  if (!std::string_view(request.data(), static_cast<std::size_t>(size)).ends_with("\r\n\r\n")) return false;
  return send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
}

void serve(std::uint16_t port) {
  const std::string answer = make_answer();
  const int listener = listen_on(port);
  const int epoll = epoll_create1(0);
  watch(epoll, listener);
  std::array<epoll_event, 128> events{};
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events.at(static_cast<std::size_t>(i)).data.fd;
      if (descriptor == listener) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (accepted >= 0) watch(epoll, accepted);
      } else if (!answer_one(descriptor, answer)) {
        close(descriptor);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_bare_epoll PORT\n", stderr);
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(serve, port);
  for (std::thread& thread : running) thread.join();
}
