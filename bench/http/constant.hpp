#pragma once
// A route that answers 2 KB at once.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http/server.hpp"

namespace freshet::bench {

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

}  // namespace freshet::bench
