#include "db/redis/transport.hpp"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace freshet::db::redis {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using Socket = asio::generic::stream_protocol::socket;
using TlsStream = asio::ssl::stream<Socket>;

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Socket socket) : socket_(std::move(socket)) {}

  asio::awaitable<std::size_t> read(asio::mutable_buffer into) override {
    return socket_.async_read_some(into, use_awaitable);
  }
  asio::awaitable<void> write(std::string_view bytes) override {
    co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), use_awaitable);
  }
  void close() noexcept override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  Socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(std::unique_ptr<asio::ssl::context> context, std::unique_ptr<TlsStream> stream)
      : context_(std::move(context)), stream_(std::move(stream)) {}

  asio::awaitable<std::size_t> read(asio::mutable_buffer into) override {
    return stream_->async_read_some(into, use_awaitable);
  }
  asio::awaitable<void> write(std::string_view bytes) override {
    co_await asio::async_write(*stream_, asio::buffer(bytes.data(), bytes.size()), use_awaitable);
  }
  // Without a farewell: nothing that Redis sends is cut short unnoticed, since each reply says how long it is.
  void close() noexcept override {
    boost::system::error_code ignored;
    stream_->next_layer().close(ignored);
  }

 private:
  std::unique_ptr<asio::ssl::context> context_;
  std::unique_ptr<TlsStream> stream_;
};

/// Replies are small and waited for; a server whose machine has vanished is noticed by the deadlines of commands, and
/// by keep-alives where there are none.
void tune(asio::ip::tcp::socket& socket) {
  socket.set_option(asio::ip::tcp::no_delay(true));
  socket.set_option(asio::socket_base::keep_alive(true));
}

asio::awaitable<Socket> connect_tcp(const Address& address) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  const std::string port = std::to_string(address.port);
  const asio::ip::tcp::resolver::results_type found =
      co_await resolver.async_resolve(address.host, port, use_awaitable);
  asio::ip::tcp::socket socket(executor);
  co_await asio::async_connect(socket, found, use_awaitable);
  tune(socket);
  co_return Socket(std::move(socket));
}

asio::awaitable<Socket> connect_unix(const Address& address) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const asio::local::stream_protocol::endpoint endpoint(address.socket_path);
  asio::local::stream_protocol::socket socket(executor);
  co_await socket.async_connect(endpoint, use_awaitable);
  co_return Socket(std::move(socket));
}

std::unique_ptr<asio::ssl::context> tls_context(const std::string& ca_file) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  if (ca_file.empty()) {
    context->set_default_verify_paths();
  } else {
    context->load_verify_file(ca_file);
  }
  context->set_verify_mode(asio::ssl::verify_peer);
  return context;
}

asio::awaitable<std::unique_ptr<Transport>> shake_hands(Socket socket, Address address, std::string ca_file) {
  std::unique_ptr<asio::ssl::context> context = tls_context(ca_file);
  auto stream = std::make_unique<TlsStream>(std::move(socket), *context);
  stream->set_verify_callback(asio::ssl::host_name_verification(address.host));
  boost::system::error_code no_address;
  asio::ip::make_address(address.host, no_address);
  // Only names are indicated to the server (RFC 6066, section 3).
  if (no_address && SSL_set_tlsext_host_name(stream->native_handle(), address.host.c_str()) != 1) {
    throw boost::system::system_error(static_cast<int>(ERR_get_error()), asio::error::get_ssl_category());
  }
  co_await stream->async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_return std::make_unique<TlsTransport>(std::move(context), std::move(stream));
}

}  // namespace

asio::awaitable<std::unique_ptr<Transport>> connect(Address address, std::string ca_file) {
  if (!address.socket_path.empty()) {
    Socket socket = co_await connect_unix(address);
    co_return std::make_unique<PlainTransport>(std::move(socket));
  }
  Socket socket = co_await connect_tcp(address);
  if (!address.tls) co_return std::make_unique<PlainTransport>(std::move(socket));
  co_return co_await shake_hands(std::move(socket), std::move(address), std::move(ca_file));
}

}  // namespace freshet::db::redis
