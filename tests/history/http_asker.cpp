#include "history/http_asker.hpp"

#include <charconv>
#include <chrono>
#include <optional>
#include <unordered_map>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace freshet::history {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto look_again = std::chrono::milliseconds(20);

/// The value of a header, in a head whose names are as Freshet spells them.
std::string_view header(std::string_view head, std::string_view name) {
  const std::size_t at = head.find(fmt::format("\r\n{}: ", name));
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find('\r', begin) - begin);
}

unsigned number(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

class HttpAsker::Talk final : public Conversation {
 public:
  explicit Talk(HttpAsker& asker) : asker_(asker) {}

  asio::awaitable<Answered> ask(const Question& question) override {
    Kept& kept = kept_[question.target];
    const bool conditional = !kept.etag.empty() && (++turn_ % 2) == 0;
    request_ = fmt::format("GET {} HTTP/1.1\r\nHost: history\r\n", question.target);
    if (conditional) request_ += fmt::format("If-None-Match: {}\r\n", kept.etag);
    request_ += "\r\n";
    const unsigned status = co_await exchange();
    const bool hit = status != 0 && header(head_, "X-Cache") == "HIT";
    if (status == 304) {
      ++asker_.unchanged_;
      co_return Answered{.body = kept.body, .status = 200, .hit = hit};
    }
    if (status == 200) kept = {.etag = std::string(header(head_, "ETag")), .body = body_};
    co_return Answered{.body = body_, .status = status, .hit = hit};
  }

  asio::awaitable<unsigned> post(const std::string& target, const std::string& body) override {
    request_ = fmt::format(
        "POST {} HTTP/1.1\r\nHost: history\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", target,
        body.size(), body);
    // A connection that was idle may have been closed by now, which could be taken for a server that died halfway.
    if (socket_ && is_closed()) socket_.reset();
    co_return co_await exchange();
  }

 private:
  bool is_closed() {
    boost::system::error_code error;
    socket_->non_blocking(true, error);
    char byte = 0;
    socket_->receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error != asio::error::would_block;
  }

  asio::awaitable<unsigned> exchange() {
    boost::system::error_code error;
    if (!socket_) co_await connect(error);
    if (error) co_return 0;
    co_await asio::async_write(*socket_, asio::buffer(request_), asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_await receive(error);
    if (error) {
      socket_.reset();
      co_return 0;
    }
    co_return number(std::string_view(head_).substr(9, 3));
  }

  asio::awaitable<void> connect(boost::system::error_code& error) {
    const auto executor = co_await asio::this_coro::executor;
    socket_.emplace(executor);
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), asker_.port_);
    co_await socket_->async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    buffer_.clear();
    if (!error) {
      ++asker_.connections_;
      boost::system::error_code ignored;
      socket_->set_option(tcp::no_delay(true), ignored);
      co_return;
    }
    socket_.reset();
    asio::steady_timer timer(executor, look_again);
    co_await timer.async_wait(asio::use_awaitable);
  }

  asio::awaitable<void> receive(boost::system::error_code& error) {
    const std::size_t head = co_await asio::async_read_until(*socket_, asio::dynamic_buffer(buffer_), "\r\n\r\n",
                                                             asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    head_ = buffer_.substr(0, head);
    const bool bodiless =
        std::string_view(head_).substr(9, 3) == "304" || std::string_view(head_).substr(9, 3) == "204";
    const std::size_t length = bodiless ? 0 : number(header(head_, "Content-Length"));
    const std::size_t all = head + length;
    if (buffer_.size() < all) {
      co_await asio::async_read(*socket_, asio::dynamic_buffer(buffer_), asio::transfer_exactly(all - buffer_.size()),
                                asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
    }
    body_ = buffer_.substr(head, length);
    buffer_.erase(0, all);
  }

  /// As a browser keeps it.
  struct Kept {
    std::string etag, body;
  };

  HttpAsker& asker_;
  unsigned turn_ = 0;
  std::unordered_map<std::string, Kept> kept_;
  std::optional<tcp::socket> socket_;
  std::string request_, buffer_, head_, body_;
};

std::unique_ptr<Conversation> HttpAsker::open() { return std::make_unique<Talk>(*this); }

std::string HttpAsker::figures() const {
  return fmt::format("connections         {:>12}\nanswered 304        {:>12}\n", connections_.load(),
                     unchanged_.load());
}

}  // namespace freshet::history
