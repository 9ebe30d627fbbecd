#pragma once
// Numbers that the database hands out by itself, after rows have come with numbers of their own.

#include "db/connection.hpp"

namespace freshet::db {

/// On PostgreSQL: the sequences of `table` (identity and serial columns) go on after the greatest number that is there;
/// never back, with `forwards_only`. On SQLite nothing has to be done. Not undone by a rollback.
void continue_numbering(Connection& connection, const CatalogTable& table, bool forwards_only);

}  // namespace freshet::db
