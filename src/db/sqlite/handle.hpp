#pragma once
// Owning handles of the SQLite library, without its header.

#include <memory>

struct sqlite3;
struct sqlite3_stmt;

namespace freshet::db::sqlite {

struct CloseDatabase {
  void operator()(sqlite3* handle) const noexcept;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* handle) const noexcept;
};
using DatabaseHandle = std::unique_ptr<sqlite3, CloseDatabase>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

}  // namespace freshet::db::sqlite
