#include "api/delivery.hpp"

#include <exception>

#include "api/call.hpp"
#include "core/mutant.hpp"

namespace freshet::api {

namespace {

boost::asio::awaitable<Delivery> deliver_from(Origin origin, db::Database& database, const Endpoint& endpoint,
                                              CallArguments arguments, std::string_view path, std::string_view query,
                                              feed::FillPosition* fill) {
  Call call(endpoint, std::move(arguments), origin);
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

}  // namespace

boost::asio::awaitable<Delivery> deliver(db::Database& database, const Endpoint& endpoint, CallArguments arguments,
                                         const SchemaGuard& schema, std::string_view path, std::string_view query,
                                         feed::FillPosition* fill) {
  const bool from_rollups = endpoint.reads_rollups() && (schema.holds() || mutant("rollup_read_under_any_schema"));
  if (!from_rollups) {
    co_return co_await deliver_from(Origin::sources, database, endpoint, std::move(arguments), path, query, fill);
  }
  Delivery delivery;
  std::exception_ptr failure;  // as when the rollup is gone
  try {
    delivery = co_await deliver_from(Origin::rollups, database, endpoint, arguments, path, query, fill);
  } catch (const Error&) {
    failure = std::current_exception();
  }
  // The schema after the reading, since it only goes forward: were the rollup's triggers gone by then, they may have
  // been gone before.
  if (co_await schema.holds_by_now() || mutant("rollup_read_under_any_schema")) {
    if (failure) std::rethrow_exception(failure);
    co_return delivery;
  }
  co_return co_await deliver_from(Origin::sources, database, endpoint, std::move(arguments), path, query, nullptr);
}

}  // namespace freshet::api
