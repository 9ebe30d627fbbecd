#pragma once
// The SQL functions that Freshet adds on SQLite (db/sqlite/functions.hpp), for PostgreSQL: written in SQL, in a schema
// of their own, `freshet`, which every connection has at the end of its search_path. now() is PostgreSQL's own.

#include "db/connection.hpp"

namespace freshet::db::postgres {

/// Makes them, or makes them anew where an earlier version of Freshet did. One look, if they are there. Throws what the
/// connection throws: config where the role may not create a schema.
void install_functions(Connection& connection);

}  // namespace freshet::db::postgres
