#include "cli/admin_client.hpp"

#include <chrono>
#include <cstdlib>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "core/error.hpp"

namespace freshet::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Reply = beast::http::response_parser<beast::http::string_body>;

struct HostAndPort {
  std::string host, port;
};

HostAndPort split(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  std::string_view rest = url;
  if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  rest = rest.substr(0, rest.find('/'));
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == rest.size()) {
    throw Error(ErrorKind::usage, fmt::format("`{}` is no address", url)).hinting("--url http://127.0.0.1:9090");
  }
  return {.host = std::string(rest.substr(0, colon)), .port = std::string(rest.substr(colon + 1))};
}

/// One request on a connection of its own; ends with its first error, or when its time is up.
class Exchange {
 public:
  explicit Exchange(std::string url) : url_(std::move(url)), address_(split(url_)) { reply_.body_limit(body_max); }

  std::string run(beast::http::request<beast::http::string_body> request) {
    request.set(beast::http::field::host, address_.host);
    stream_.expires_after(std::chrono::seconds(10));
    asio::ip::tcp::resolver resolver(io_);
    boost::system::error_code error;
    const auto found = resolver.resolve(address_.host, address_.port, error);
    check(error);
    beast::flat_buffer buffer;
    stream_.async_connect(found, [&](auto connecting, const auto&) {
      if (failed(connecting)) return;
      beast::http::async_write(stream_, request, [&](auto writing, std::size_t) {
        if (failed(writing)) return;
        beast::http::async_read(stream_, buffer, reply_, [&](auto reading, std::size_t) { failed(reading); });
      });
    });
    io_.run();
    check(error_);
    return std::move(reply_.get().body());
  }
  [[nodiscard]] unsigned status() const { return reply_.get().result_int(); }

 private:
  static constexpr std::size_t body_max = std::size_t{1} << 30U;

  bool failed(const boost::system::error_code& error) {
    error_ = error;
    return error.failed();
  }
  void check(const boost::system::error_code& error) const {
    if (!error.failed()) return;
    throw Error(ErrorKind::unavailable, fmt::format("no server answers at {}: {}", url_, error.message()))
        .hinting("is it its admin port? `freshet serve` says where that is as it starts");
  }

  const std::string url_;
  const HostAndPort address_;
  asio::io_context io_;
  beast::tcp_stream stream_{io_};
  Reply reply_;
  boost::system::error_code error_;
};

/// What a problem document says.
std::string detail_of(const std::string& body) {
  simdjson::dom::parser parser;
  std::string_view detail;
  if (parser.parse(body)["detail"].get(detail) == simdjson::SUCCESS) return std::string(detail);
  return body;
}

}  // namespace

void add_server_arguments(CLI::App& command, ServerArguments& arguments) {
  add_app_arguments(command, arguments.app);
  command.add_option("--url", arguments.url, "Admin port of the server, where it is not found by itself");
  command.footer("A server of another user or machine wants its token, which both take from FRESHET_ADMIN_TOKEN.");
}

AdminAddress admin_address(const ServerArguments& arguments) {
  if (!arguments.url.empty()) {
    const char* const set = std::getenv(admin_token_variable);  // NOLINT(concurrency-mt-unsafe)
    return {.url = arguments.url, .token = set == nullptr ? std::string() : std::string(set)};
  }
  if (std::optional<AdminAddress> found = find_server(arguments.app.folder)) return *std::move(found);
  throw Error(ErrorKind::unavailable, fmt::format("no server of {} runs here as this user", arguments.app.folder))
      .hinting(fmt::format("freshet serve {}; of another user or machine: --url and {}", arguments.app.folder,
                           admin_token_variable));
}

std::string ask_admin(const AdminAddress& address, std::string_view target, std::string_view body) {
  using beast::http::verb;
  beast::http::request<beast::http::string_body> request(body.empty() ? verb::get : verb::post, std::string(target),
                                                         11);
  request.set(beast::http::field::authorization, "Bearer " + address.token);
  if (!body.empty()) {
    request.set(beast::http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();
  }
  Exchange exchange(address.url);
  std::string reply = exchange.run(std::move(request));
  if (exchange.status() == 200) return reply;
  Error error(exchange.status() == 400 ? ErrorKind::usage : ErrorKind::unavailable, detail_of(reply));
  if (exchange.status() != 401) throw std::move(error);
  throw std::move(error).hinting(fmt::format("set {} here to what the server has there", admin_token_variable));
}

}  // namespace freshet::cli
