#include "db/redis/dial.hpp"

#include <array>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "db/redis/reply_parser.hpp"
#include "db/redis/request.hpp"

namespace freshet::db::redis {
namespace {

namespace asio = boost::asio;
using Connected = std::unique_ptr<Transport>;

Request greeting(const DialOptions& options) {
  const Address& address = options.address;
  Request request("CLIENT", "SETNAME", options.name);
  if (!address.user.empty()) {
    request = Request("AUTH", address.user, address.password);
  } else if (!address.password.empty()) {
    request = Request("AUTH", address.password);
  }
  if (!address.user.empty() || !address.password.empty()) request.add("CLIENT", "SETNAME", options.name);
  if (address.database != 0) request.add("SELECT", address.database);
  return request.add("PING");
}

asio::awaitable<Reply> read_reply(Transport& transport, ReplyParser& parser) {
  std::array<char, 512> buffer;
  while (true) {
    std::optional<Reply> reply = parser.next().value();
    if (reply) co_return *std::move(reply);
    const asio::mutable_buffer into(buffer.data(), buffer.size());
    const std::size_t size = co_await transport.read(into);
    parser.feed({buffer.data(), size});
  }
}

asio::awaitable<Connected> connect_and_greet(DialOptions options) {
  Connected transport = co_await connect(options.address, options.ca_file);
  const Request request = greeting(options);
  co_await transport->write(request.bytes());
  const ReplyLimits limits{.bytes_max = 64 * 1024, .items_max = 64};
  ReplyParser parser(limits);
  for (unsigned i = 0; i < request.commands(); ++i) {
    const Reply reply = co_await read_reply(*transport, parser);
    // A user that may not name its connection may all the same use it: it is the PING, the last, that has to succeed.
    const bool matters = reply.text.starts_with("WRONGPASS") || reply.text.starts_with("NOAUTH") ||
                         i + 1 == request.commands() || !reply.text.starts_with("NOPERM");
    if (reply.is_error() && matters) throw Error(ErrorKind::unavailable, reply.text);
  }
  co_return transport;
}

/// Shared with the timer's handler, which may run after the dialing has ended.
struct Deadline {
  asio::cancellation_signal stop;
  bool over = false;
  bool passed = false;
};

}  // namespace

asio::awaitable<Expected<Connected>> dial(DialOptions options) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const std::chrono::milliseconds timeout = options.timeout;
  auto deadline = std::make_shared<Deadline>();
  asio::steady_timer timer(executor, timeout);
  timer.async_wait([deadline](const boost::system::error_code& error) {
    if (error || deadline->over) return;
    deadline->passed = true;
    deadline->stop.emit(asio::cancellation_type::terminal);
  });
  std::string why;
  Connected connected;
  try {
    auto token = asio::bind_cancellation_slot(deadline->stop.slot(), asio::use_awaitable);
    connected = co_await asio::co_spawn(executor, connect_and_greet(std::move(options)), token);
  } catch (const boost::system::system_error& failure) {
    why = failure.code().message();
  } catch (const Error& error) {
    why = error.message();
  }
  deadline->over = true;
  if (connected != nullptr) co_return connected;
  if (deadline->passed) why = fmt::format("no connection within {} ms", timeout.count());
  const Error failure(ErrorKind::unavailable, why);
  co_return failure;
}

}  // namespace freshet::db::redis
