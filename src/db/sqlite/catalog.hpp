#pragma once
// Reads the schema of the `main` database through SQLite's pragma functions.

#include "db/catalog.hpp"

struct sqlite3;

namespace freshet::db::sqlite {

/// Tables, views and virtual tables; left out are SQLite's own, shadow tables, and those named freshet_*. A view that
/// does not compile has no columns. Throws what error_from() makes of a failure.
[[nodiscard]] Catalog read_catalog(sqlite3* handle);

}  // namespace freshet::db::sqlite
