#pragma once
// Verifies a statement by having the server prepare it, and asks where its columns come from.

#include <cstddef>
#include <string_view>

#include "db/statement.hpp"

struct pg_conn;

namespace freshet::db::postgres {

/// As Connection::describe. Three round trips. Within a transaction a failure ends that transaction, as anything does
/// on PostgreSQL.
[[nodiscard]] Statement describe(pg_conn* handle, std::string_view sql, std::size_t* offset_out);

}  // namespace freshet::db::postgres
