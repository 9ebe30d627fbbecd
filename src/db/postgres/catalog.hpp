#pragma once
// Reads the schema from PostgreSQL's system catalogs: four questions, whatever its size.

#include "db/catalog.hpp"

struct pg_conn;

namespace freshet::db::postgres {

/// Tables (partitioned ones too), views, materialized views and foreign tables that search_path finds by their name
/// alone; left out are PostgreSQL's own and those named freshet_*. Throws what error_from() makes of a failure.
[[nodiscard]] Catalog read_catalog(pg_conn* handle);

}  // namespace freshet::db::postgres
