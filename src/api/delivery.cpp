#include "api/delivery.hpp"

#include "api/call.hpp"

namespace freshet::api {

boost::asio::awaitable<Delivery> deliver(db::Database& database, const Endpoint& endpoint, CallArguments arguments,
                                         std::string_view path, std::string_view query, feed::FillPosition* fill) {
  Call call(endpoint, std::move(arguments));
  if (fill != nullptr) fill->lead(call.work());
  try {
    co_await database.run(call.work());
  } catch (const Error& error) {
    throw with_places(error, endpoint);
  }
  Delivery delivery;
  delivery.status = endpoint.success_status();
  delivery.wait_us = call.work().wait_us;
  delivery.run_us = call.work().run_us;
  Bytes body = call.answer(path, query);
  if (delivery.status != 204) delivery.body = std::move(body);
  if (std::string links = call.link_header(path, query); !links.empty()) {
    delivery.headers.emplace_back("Link", std::move(links));
  }
  if (!endpoint.vary.empty()) delivery.headers.emplace_back("Vary", endpoint.vary);
  if (endpoint.source.deprecated) delivery.headers.emplace_back("Deprecation", "true");
  co_return delivery;
}

}  // namespace freshet::api
