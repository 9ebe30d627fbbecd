#pragma once
// Stands between a client and Redis, and cuts the connection after as many bytes of replies as it is told.

#include <atomic>
#include <cstddef>
#include <limits>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace freshet::test {

class CuttingProxy {
 public:
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  CuttingProxy(std::string path, std::string server_path);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  /// The next `bytes` of replies still pass, then every connection there is ends, and new ones pass unharmed.
  void cut_after(std::size_t bytes) { left_ = bytes; }
  [[nodiscard]] unsigned cuts() const noexcept { return cuts_; }

 private:
  struct Pair;
  void accept();

  const std::string server_path_;
  std::atomic<std::size_t> left_{never};
  std::atomic<unsigned> cuts_{0};
  boost::asio::io_context io_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace freshet::test
