#pragma once
// A call, run: what an endpoint answers to it, before anybody decides how it is sent and whether it is kept.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "api/arguments.hpp"
#include "api/endpoint.hpp"
#include "api/schema_guard.hpp"
#include "core/bytes.hpp"
#include "db/database.hpp"
#include "feed/feed.hpp"

namespace freshet::api {

struct Delivery {
  unsigned status = 200;
  Bytes body;                                                // empty: no content
  std::vector<std::pair<std::string, std::string>> headers;  // Link, Vary, Deprecation
  std::uint64_t wait_us = 0, run_us = 0;                     // for a session, and with it
};

/// Runs the call; asks rollups while `schema` holds, else what they are made of. `path` and `query` are the request's,
/// for the links of a page; `fill`, unless it is null, reads in the same transaction which state of the database the
/// answer shows, or one before it. Throws Error: what the database says, with the places of parameters; not_found where
/// shape object got no row (nothing_here()).
[[nodiscard]] boost::asio::awaitable<Delivery> deliver(db::Database& database, const Endpoint& endpoint,
                                                       CallArguments arguments, const SchemaGuard& schema,
                                                       std::string_view path, std::string_view query,
                                                       feed::FillPosition* fill);

}  // namespace freshet::api
