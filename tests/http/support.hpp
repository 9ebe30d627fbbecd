#pragma once
// What the tests of the listener speak with: a client of raw bytes, a handler of functions, a gate that handlers wait
// at.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "http/server.hpp"

namespace freshet::http::test {

/// How long a test waits for what must happen before it fails.
inline constexpr std::chrono::seconds patience{20};

struct Reply {
  unsigned status = 0;
  std::string head;    // status line and headers, without the empty line
  std::string body;    // decoded if chunked
  bool whole = false;  // false: the connection ended before the body did
  /// First header of that name, or nullopt.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

/// One TCP connection to a local port. Blocking, with a bound on every wait.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(Client&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}
  Client& operator=(Client&&) = delete;

  /// False: the peer does not take it.
  bool send(std::string_view bytes);
  /// The next answer. `head_only` for HEAD. status 0: the connection ended instead.
  Reply read(bool head_only = false);
  /// send() and read().
  Reply ask(std::string_view request);
  /// True if the peer ended the connection in order, with nothing left to read; false if it reset it or sent more.
  bool ended();
  /// All bytes until the end of the connection.
  std::string rest();
  /// Throws away at least `count` bytes.
  void read_some(std::size_t count);
  void stop_sending();
  /// Closes at once, with a reset.
  void vanish();
  /// Bytes that wait in the kernel and in this client.
  [[nodiscard]] std::size_t pending() const;
  void shrink_receive_buffer(int bytes);
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  bool fill();
  std::string read_chunked(bool& whole);
  bool need(std::size_t count);
  bool need_line(std::string& line);

  int descriptor_ = -1;
  bool reset_ = false;
  std::string buffer_;
};

/// Where a handler waits until the test opens it; hears of cancellation.
class Gate {
 public:
  [[nodiscard]] boost::asio::awaitable<void> pass();
  void open();
  /// Blocks the test until `count` handlers have come to the gate.
  void wait_for_arrivals(std::size_t count);
  [[nodiscard]] std::size_t cancelled() const;
  void wait_for_cancelled(std::size_t count);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
  std::size_t arrived_ = 0, cancelled_ = 0;
  bool open_ = false;
};

/// Serves paths by functions. Fill the maps before the server starts.
class FakeHandler final : public Handler {
 public:
  std::map<std::string, std::function<void(Exchange&)>, std::less<>> at_once;
  std::map<std::string, std::function<boost::asio::awaitable<void>(Exchange&)>, std::less<>> waiting;
  std::map<std::string, std::string, std::less<>> methods;

  bool try_serve(Exchange& exchange) noexcept override;
  boost::asio::awaitable<void> serve(Exchange& exchange) override;
  std::string allowed(std::string_view raw_path) const override;
};

/// Keeps what the listener reports.
class Records final : public AccessObserver {
 public:
  struct Record {
    std::string method, target, route, request_id, error, remote;
    unsigned status = 0;
    std::uint64_t bytes_out = 0, database_wait_us = 0, database_run_us = 0;
  };
  void finished(const AccessRecord& record) noexcept override;
  /// The first `count` records; waits for them.
  std::vector<Record> wait_for(std::size_t count);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Record> records_;
};

[[nodiscard]] Response text_response(std::string text, unsigned status = 200);
void respond_text(Exchange& exchange, std::string text);

/// A running server with the usual paths: /hello (at once), /echo (the body), /slow (waits at the gate).
struct Fixture {
  explicit Fixture(ServerOptions options = {}, const std::function<void(FakeHandler&)>& prepare = {});
  ~Fixture();
  [[nodiscard]] Client connect() const { return Client(server->port()); }

  Gate gate;
  Records records;
  std::shared_ptr<FakeHandler> handler = std::make_shared<FakeHandler>();
  std::unique_ptr<Server> server;
};

/// "GET path HTTP/1.1" with Host and `headers` (complete lines).
[[nodiscard]] std::string get(std::string_view path, std::string_view headers = {});
[[nodiscard]] std::string post(std::string_view path, std::string_view body, std::string_view headers = {});

}  // namespace freshet::http::test
