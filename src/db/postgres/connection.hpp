#pragma once
// One blocking connection to PostgreSQL, for the command line and for verifying. Not thread-safe, except interrupt().

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "db/connection.hpp"
#include "db/postgres/binder.hpp"
#include "db/postgres/handle.hpp"
#include "db/postgres/rows.hpp"
#include "db/postgres/settings.hpp"

namespace freshet::db::postgres {

class PostgresConnection final : public Connection {
 public:
  /// Throws what connect() throws.
  /// `prepared` as DatabaseOptions has it.
  explicit PostgresConnection(const Settings& settings, bool prepared = true);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::postgres; }
  /// Statement by statement, as a file is read: each is a transaction of its own unless one is open.
  void execute(std::string_view script) override;
  [[nodiscard]] Statement describe(std::string_view sql, std::size_t* offset_out) override;
  /// A statement with an id stays prepared. Rows are taken from the wire one by one; those that the sink does not want
  /// any more are passed over. Within a transaction, a statement that fails ends the transaction but for its rollback.
  std::int64_t run(const Step& step) override;
  std::int64_t copy(const std::string& statement, std::string_view rows) override;
  /// Throws internal if a transaction is open.
  void begin(Mode mode) override;
  void commit() override;
  void rollback() noexcept override;
  void interrupt() noexcept override;
  [[nodiscard]] Catalog catalog() override;

 private:
  class Answers;

  void heed_interruption();
  void execute_one(std::string_view script, std::size_t offset, const std::string& statement);
  [[noreturn]] void fail(const pg_result* result, std::string_view sql);
  void control(const char* sql);
  void send(const Step& step);
  void prepare(const Statement& statement);

  ConnectionHandle handle_;
  CancelHandle cancel_;
  const bool may_prepare_;
  std::atomic<bool> interrupted_{false};
  std::unordered_set<std::uint64_t> prepared_;
  PostgresBinder binder_;
  RowReader reader_;
};

/// As db::open_connection().
[[nodiscard]] std::unique_ptr<Connection> open_connection(const Location& location, const DatabaseOptions& options);

}  // namespace freshet::db::postgres
