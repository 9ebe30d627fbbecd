#pragma once
// Owning handles of libpq, without its header.

#include <memory>

struct pg_conn;
struct pg_result;
struct pg_cancel;

namespace freshet::db::postgres {

struct FinishConnection {
  void operator()(pg_conn* handle) const noexcept;
};
struct ClearResult {
  void operator()(pg_result* handle) const noexcept;
};
struct FreeCancel {
  void operator()(pg_cancel* handle) const noexcept;
};
using ConnectionHandle = std::unique_ptr<pg_conn, FinishConnection>;
using ResultHandle = std::unique_ptr<pg_result, ClearResult>;
using CancelHandle = std::unique_ptr<pg_cancel, FreeCancel>;

}  // namespace freshet::db::postgres
