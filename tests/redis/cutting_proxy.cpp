#include "cutting_proxy.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace freshet::test {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

struct CuttingProxy::Pair : std::enable_shared_from_this<Pair> {
  Pair(CuttingProxy& owner, Socket client) : proxy(owner), outer(std::move(client)), inner(owner.io_) {}

  void start() {
    boost::system::error_code error;
    inner.connect(asio::local::stream_protocol::endpoint(proxy.server_path_), error);
    if (error) return;
    pass(outer, inner, out, false);
    pass(inner, outer, in, true);
  }

  void pass(Socket& from, Socket& to, std::array<char, 4096>& buffer, bool replies) {
    from.async_read_some(asio::buffer(buffer), [this, self = shared_from_this(), &from, &to, &buffer, replies](
                                                   const boost::system::error_code& error, std::size_t size) {
      // All is decided before anything is passed on: who gets it may give the next order.
      const std::size_t left = replies ? proxy.left_.load() : never;
      const std::size_t passed = std::min(size, left);
      const bool cut = passed < size;
      if (left != never) proxy.left_ = cut ? never : left - passed;
      if (cut) ++proxy.cuts_;
      boost::system::error_code failed = error;
      if (!failed) asio::write(to, asio::buffer(buffer.data(), passed), failed);
      if (!failed && !cut) return pass(from, to, buffer, replies);
      outer.close(failed);
      inner.close(failed);
    });
  }

  CuttingProxy& proxy;
  Socket outer, inner;
  std::array<char, 4096> out{}, in{};
};

CuttingProxy::CuttingProxy(std::string path, std::string server_path)
    : server_path_(std::move(server_path)), acceptor_(io_, asio::local::stream_protocol::endpoint(path)) {
  accept();
  thread_ = std::thread([this] { io_.run(); });
}

CuttingProxy::~CuttingProxy() {
  io_.stop();
  thread_.join();
}

void CuttingProxy::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, Socket socket) {
    if (error) return;
    std::make_shared<Pair>(*this, std::move(socket))->start();
    accept();
  });
}

}  // namespace freshet::test
